"""Judge settings and whole rules of the supplement for Windows by what a recorded host answered."""

from __future__ import annotations

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import asked, make_plan, setting_key, settings_of
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog

CATALOG = load_catalog()
WINDOWS = CATALOG.platforms["windows"]
SERVER = {
    "build": "20348",
    "ubr": "5870",
    "product_type": "ServerNT",
    "domain_role": "3",
    "edition": "ServerStandard",
    "installation_type": "Server",
}
ALONE = {**SERVER, "domain_role": "2"}
MAIN = {**SERVER, "product_type": "LanmanNT", "domain_role": "5"}
CLIENT = {
    **SERVER,
    "build": "26200",
    "ubr": "9974",
    "product_type": "WinNT",
    "domain_role": "1",
    "edition": "Professional",
    "installation_type": "Client",
}


def check(setting, given, facts=None):
    """Return how a setting (kind, address, expect) is judged by what a host answered to the question in its place."""
    facts = SERVER if facts is None else facts
    leaf = {key: one for key, one in setting.items() if key in ("kind", "expect")}
    leaf["address"] = {key: one for key, one in setting.items() if key not in leaf}
    seen = given if isinstance(given, dict) and "state" in given else value(given)
    judge = Judge(WINDOWS, {setting_key(asked(WINDOWS, leaf)): seen}, {"windows": facts})
    return judge.check(leaf)


def read(setting, given, facts=None):
    """Return the document that is made of an answer."""
    facts = SERVER if facts is None else facts
    leaf = {"kind": setting["kind"], "address": {key: one for key, one in setting.items() if key != "kind"}}
    judge = Judge(WINDOWS, {setting_key(asked(WINDOWS, leaf)): value(given)}, {"windows": facts})
    seen = judge.observation(leaf)
    return seen.get("value", seen.get("reason"))


def rule(name, given, facts=None, values=None):
    """Return the finding of a rule of the supplement, each of its questions being given the same answer, or what a function says of its address."""
    facts = SERVER if facts is None else facts
    role = {"ServerNT": "member_server", "WinNT": "workstation", "LanmanNT": "domain_controller"}[facts["product_type"]]
    (plan,) = make_plan(CATALOG, Selection(("supplement_windows",), level=2, profile=role), values or {}, {})
    (planned,) = [one for some in plan.benchmarks for one in some.rules if one.rule.id == name]
    seen = {}
    for setting in settings_of(planned):
        answer = given(setting["address"]) if callable(given) else given
        seen[setting_key(asked(WINDOWS, setting))] = answer if "state" in answer else value(answer)
    return Judge(WINDOWS, seen, {"windows": facts}).judge(planned)


def value(given):
    return {"state": "value", "value": given, "source": "there"}


GONE = {"state": "absent", "source": "there"}
