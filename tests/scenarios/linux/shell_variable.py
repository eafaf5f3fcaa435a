"""Scenarios of shell variables: the time after which an idle shell ends."""

from __future__ import annotations

from typing import Any, Dict, Union

from tests.scenarios.linux import File, Scenario

EXPECT = {
    "fields": {
        "values": {"each": {"between": [1, 900]}},
        "certain": {"equals": True},
        "readonly": {"equals": True},
        "exported": {"equals": True},
        "unset": {"equals": False},
    }
}
SNIPPET = "/etc/profile.d/timeout.sh"
ALL = "TMOUT=600\nreadonly TMOUT\nexport TMOUT\n"
GUARDED = "if (TMOUT=600) 2>/dev/null; then\n%sfi\n" % ALL


def _case(name: str, verdict: str, files: Union[str, Dict[str, Any]], **more: Any) -> Scenario:
    planted = {SNIPPET: files} if isinstance(files, str) else files
    observed = more.pop("observed", {"state": "value"})
    return Scenario(name, {"name": "TMOUT"}, EXPECT, verdict, observed, files=planted, **more)


SCENARIOS = [
    _case("right", "pass", ALL, on_host=True),
    _case("right-in-one-line", "pass", "readonly TMOUT=600 ; export TMOUT\n", on_host=True),
    _case("right-by-declare", "pass", "declare -xr TMOUT=600\n"),
    _case("right-quoted", "pass", "typeset -rx TMOUT='600'\n"),
    _case("right-in-profile", "pass", {"/etc/profile": ALL}),
    _case("right-in-bashrc", "pass", {"/etc/bash.bashrc": ALL}),
    # Tried in a subshell first: a second reading leaves it alone.
    _case("right-and-guarded", "pass", GUARDED, on_host=True),
    _case("guarded-by-another-name", "fail", GUARDED.replace("(TMOUT", "(OTHER")),
    _case("guarded-and-read-only-before", "fail", {"/etc/bash.bashrc": "readonly TMOUT\n", SNIPPET: GUARDED}),
    _case("guarded-by-more", "fail", GUARDED.replace("600)", "600; false)")),
    _case("guarded-and-turned-round", "fail", GUARDED.replace("if (", "if ! (")),
    _case("absent", "fail", {"/etc/profile": "umask 027\n"}, wanted=900),
    _case("no-files", "fail", {}, wanted=900),
    _case("wrong", "fail", ALL.replace("600", "3600"), on_host=True),
    _case("zero-is-never", "fail", ALL.replace("600", "0")),
    _case("not-read-only", "fail", "TMOUT=600\nexport TMOUT\n"),
    _case("not-exported", "fail", "readonly TMOUT=600\n"),
    _case("commented-out", "fail", "#TMOUT=600\n#readonly TMOUT\n#export TMOUT\n", wanted=900),
    _case("twice-the-second-lax", "fail", {SNIPPET: ALL, "/etc/profile": "TMOUT=7200\n"}),
    _case("unset-again", "fail", ALL + "unset TMOUT\n"),
    _case("only-under-a-condition", "fail", '[ "$USER" = bob ] && TMOUT=600\nreadonly TMOUT\nexport TMOUT\n'),
    _case("computed", "fail", "TMOUT=$((60*15))\nreadonly TMOUT\nexport TMOUT\n"),
    _case("from-another-variable", "fail", "TMOUT=$IDLE\nreadonly TMOUT\nexport TMOUT\n"),
    _case("for-one-command", "fail", ALL + "TMOUT=9999 some command\n"),
    _case("by-eval", "fail", ALL + "eval TMOUT=9999\n"),
    _case("similar-name", "fail", "MY_TMOUT=600\nreadonly MY_TMOUT\nexport MY_TMOUT\n"),
    _case("not-a-script-of-sh", "fail", {"/etc/profile.d/timeout.csh": ALL}),
    _case("never-ending-quote", "error", "TMOUT='600\n", observed={"state": "error"}),
    _case("folder-in-place-of-a-file", "error", {"/etc/profile": File(directory=True)}, observed={"state": "error"}),
]
