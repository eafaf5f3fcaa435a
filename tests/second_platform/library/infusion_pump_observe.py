"""A second platform's observe module, as small as it can be: settings come from a JSON file."""

from __future__ import annotations

import json
import os

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(argument_spec={"request": {"type": "json", "required": True}}, supports_check_mode=True)
    request = json.loads(module.params["request"])
    path = os.environ.get("PUMP_SETTINGS", "/nonexistent")
    facts = {"os_release": {"ID": "pump"}} if os.path.exists(path) else {"os_release": {}}
    chosen = [
        name
        for name, one in request["benchmarks"].items()
        if not one["detect"] or facts["os_release"].get("ID") in one["detect"]["ID"]
    ]
    settings = {}
    if chosen:
        with open(path, encoding="utf-8") as stream:
            settings = json.load(stream)
    observations = {}
    for number, (_kind, address) in enumerate(request["settings"]):
        name = address["name"]
        observations[str(number)] = (
            {"state": "value", "value": settings[name], "source": path} if name in settings else {"state": "absent"}
        )
    module.exit_json(benchmarks=chosen, facts=facts, observations=observations)


if __name__ == "__main__":
    main()
