"""`python -m tests.hosts`: hosts that stay up between commands, for Molecule and for trying things by hand."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.hosts import inventory, sweeping
from tests.hosts.accounts import USERS
from tests.hosts.base import SUITES, VARIANTS, Base
from tests.hosts.pool import Pool, pools
from tests.hosts.requirements import missing_requirements


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0, or 1 with the reason on standard error."""
    options = parser().parse_args(arguments)
    missing = missing_requirements()
    if missing:
        print(f"cannot boot hosts here: missing {', '.join(missing)}", file=sys.stderr)
        return 1
    result = options.action(options)
    print(json.dumps(result, indent=2))
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m tests.hosts", description=__doc__)
    actions = top.add_subparsers(required=True, metavar="ACTION")
    up = actions.add_parser("up", help="boot hosts; says how to reach them; does nothing if the pool is up already")
    up.add_argument("--pool", default="default", help="name of the pool")
    up.add_argument("--count", type=int, default=1, help="how many hosts")
    up.add_argument("--names", nargs="+", default=[], help="names of the hosts, instead of a count")
    up.add_argument("--suite", choices=SUITES, default="bookworm")
    up.add_argument("--variant", choices=tuple(VARIANTS), default="stock")
    up.add_argument("--user", choices=tuple(USERS), default="root", help="who Ansible logs in as")
    up.add_argument("--inventory", type=Path, help="also write an Ansible inventory to this .json file")
    up.set_defaults(action=bring_up)
    down = actions.add_parser("down", help="remove a pool; fine if there is none")
    down.add_argument("--pool", default="default", help="name of the pool")
    down.set_defaults(action=take_down)
    actions.add_parser("list", help="every pool of this machine").set_defaults(action=show)
    actions.add_parser("build", help="build the base trees that are missing").set_defaults(action=build)
    return top


def kept(label: str) -> list[Pool]:
    """The pools that stay up and carry this name (at most one, unless two were brought up at once)."""
    return [pool for pool in pools() if pool.kept and pool.label == label and not sweeping.is_stale(pool.directory)]


def bring_up(options: argparse.Namespace) -> dict[str, Any]:
    running = kept(options.pool)
    if running:
        pool, changed = running[0], False
    else:
        pool, changed = Pool(Base(options.suite, options.variant), options.pool, kept=True), True
        try:
            pool.open().start(options.count, options.names)
        except BaseException:
            pool.close()
            raise
    if options.inventory:
        inventory.write(pool.hosts, options.inventory, user=options.user)
    return {"changed": changed, **describe(pool, options.user)}


def take_down(options: argparse.Namespace) -> dict[str, Any]:
    running = kept(options.pool)
    for pool in running:
        pool.close()
    return {"changed": bool(running)}


def show(_options: argparse.Namespace) -> list[dict[str, Any]]:
    return [describe(pool, "root") for pool in pools()]


def build(_options: argparse.Namespace) -> list[str]:
    return [str(Base(suite).tree()) for suite in SUITES]


def describe(pool: Pool, user: str) -> dict[str, Any]:
    """A pool as playbooks and people see it."""
    return {
        "pool": pool.label,
        "identity": pool.identity,
        "suite": pool.base.suite,
        "variant": pool.base.variant,
        "kept": pool.kept,
        "hosts": [
            {"name": host.name, "address": host.address, "user": user, "port": host.port, "key": str(host.key)}
            | {"variables": inventory.variables(host, user)}
            for host in pool.hosts
        ],
    }
