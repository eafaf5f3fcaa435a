"""Put a world on a Windows-like host."""

from __future__ import annotations

from collections.abc import Mapping

from tests.windows_host.machine import WindowsHost
from tests.windows_host.planting import Place, Put, Service, World
from tests.windows_host.registry_file import MACHINE, Value, of_32_bits

KEY = "SYSTEM\\CurrentControlSet\\Services\\"


def put(machine: WindowsHost, world: World) -> None:
    """Have on a machine what a world has, and nothing else in those places. Services need a start of the machine, so they are the first."""
    services = {
        place.key: (service.start, service.runs) if isinstance(service, Service) else None
        for place, service in world.put.items()
        if place.kind == "service"
    }
    if services:
        machine.put_services(services)
    missing = tuple(f"{KEY}{name}\\".lower() for name, service in services.items() if service is None)
    machine.put(
        {
            address(place): _value(value)
            for place, value in world.put.items()
            # What takes a value away makes its key, which a service that is not installed has not.
            if place.kind == "registry" and not (value is None and f"{place.key}\\".lower().startswith(missing))
        }
    )
    of_all = {place: value for place, value in world.put.items() if place.kind == "user_registry"}
    machine.put_users({sid: _hive({**of_all, **own}) for sid, own in world.users.items()})


def address(place: Place) -> tuple[str, str]:
    """Return the key, with its hive, and the name of a value of the machine's."""
    key = place.key if place.view == 64 else of_32_bits(place.key)
    return f"{MACHINE}\\{key}", place.name


def _hive(values: Mapping[Place, Put]) -> dict[tuple[str, str], Value | None]:
    return {(place.key, place.name): _value(value) for place, value in values.items()}


def _value(put_in: Put) -> Value | None:
    assert not isinstance(put_in, Service)
    return put_in
