"""Windows hosts of each benchmark and role, which have no value in their registry but those that a test gives them."""

from __future__ import annotations

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.lifecycle import RELEASES, SERVER

EVERYTHING = Selection(platforms=("windows",), level=2, profiles=("next_generation", "bitlocker"))
(PLAN,) = make_plan(load_catalog(), EVERYTHING, {}, {})
PLANS = {f"{one.benchmark.id}/{one.role}": one for one in PLAN.benchmarks}
ROLES = {
    "domain_controller": {"product_type": "LanmanNT", "domain_role": "5"},
    "member_server": {"product_type": "ServerNT", "domain_role": "3"},
    "stand_alone_server": {"product_type": "ServerNT", "domain_role": "2"},
    "workstation": {"product_type": "WinNT", "domain_role": "1"},
}
BUILDS = {release.product: str(release.build) for release in RELEASES}
USER = {"state": "value", "value": {"users": [{"sid": "S-1-5-21-1-2-3-1001", "value": {"view": 64, "absent": "key"}}]}}


def facts_of(plan):
    """Return what a host says of itself that a plan (of `PLANS`) is for."""
    server = plan.benchmark.id != "windows_11"
    kind = "Server" if server else "Client"
    assert server == any(SERVER in one.ends for one in RELEASES if one.product == plan.benchmark.id)
    return {
        "build": BUILDS[plan.benchmark.id],
        "ubr": "1",
        "edition": "ServerStandard" if server else "Enterprise",
        "installation_type": kind,
        **ROLES[plan.role],
    }


def answered(facts, values=None):
    """Return what a host answers that has these values by their names, or by (key, name), and those by which it says what it is."""
    own = {"ProductType": facts["product_type"], "CurrentBuild": facts["build"], "CurrentBuildNumber": facts["build"]}
    known = {**(values or {}), **own}
    told = {}
    for key, (kind, address) in PLAN.request["settings"].items():
        name = address.get("name")
        data = known.get((address.get("key"), name), known.get(name))
        if kind == "registry" and data is not None:
            told[key] = {"state": "value", "value": {"view": 64, "type": type_of(data), "data": data}}
        elif kind == "user_registry":
            told[key] = USER
        else:
            told[key] = {"state": "absent"}
    return told


def type_of(data):
    """Return Windows' number of the type of a value."""
    return 7 if isinstance(data, list) else 4 if isinstance(data, int) else 1


def judged(name, rule, values):
    """Return the finding of a rule on a host of a plan (of `PLANS`) with these values."""
    facts = facts_of(PLANS[name])
    (planned,) = [one for one in PLANS[name].rules if one.rule.id == rule]
    return Judge(PLAN.platform, answered(facts, values), {"windows": facts}).judge(planned)
