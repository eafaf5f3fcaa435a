"""Scenarios of shell variables: the time after which an idle shell ends."""

from __future__ import annotations

from typing import Any, Dict, Union

from tests.scenarios.linux import File, Scenario
from tests.scenarios.start_up_base import BASE

EXPECT = {
    "fields": {
        "values": {"each": {"between": [1, 900]}},
        "certain": {"equals": True},
        "readonly": {"equals": True},
        "exported": {"equals": True},
        "unset": {"equals": False},
    }
}
ROOT = "root:x:0:0:root:/root:/bin/bash\n"
SNIPPET = "/etc/profile.d/timeout.sh"
ALL = "TMOUT=600\nreadonly TMOUT\nexport TMOUT\n"
GUARDED = "if (TMOUT=600) 2>/dev/null; then\n%sfi\n" % ALL


def _case(name: str, verdict: str, files: Union[str, Dict[str, Any]], **more: Any) -> Scenario:
    planted = {**BASE, **({SNIPPET: files} if isinstance(files, str) else files)}
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
    _case("guarded-by-another-name", "pass", GUARDED.replace("(TMOUT", "(OTHER")),
    _case("guarded-and-read-only-before", "fail", {"/etc/bash.bashrc": "readonly TMOUT\n", SNIPPET: GUARDED}),
    _case("guarded-by-more", "fail", GUARDED.replace("600)", "600; false)")),
    _case("guarded-and-turned-round", "fail", GUARDED.replace("if (", "if ! (")),
    _case("absent", "fail", {"/etc/profile.d/a.sh": "umask 027\n"}, wanted=900),
    _case("no-files", "fail", {}, wanted=900),
    _case("wrong", "fail", ALL.replace("600", "3600"), on_host=True),
    _case("zero-is-never", "fail", ALL.replace("600", "0")),
    _case("not-read-only", "fail", "TMOUT=600\nexport TMOUT\n"),
    _case("not-exported", "fail", "readonly TMOUT=600\n"),
    _case("commented-out", "fail", "#TMOUT=600\n#readonly TMOUT\n#export TMOUT\n", wanted=900),
    _case("twice-the-second-lax", "fail", {SNIPPET: ALL, "/etc/profile": "TMOUT=7200\n"}),
    _case("unset-is-refused", "pass", ALL + "unset TMOUT\n", on_host=True),
    _case("unset-again", "fail", "export TMOUT=600\nunset TMOUT\nreadonly TMOUT\n"),
    _case("only-under-a-condition", "fail", '[ "$USER" = bob ] && TMOUT=600\nreadonly TMOUT\nexport TMOUT\n'),
    _case("computed", "error", "TMOUT=$((60*15))\nreadonly TMOUT\nexport TMOUT\n", observed={"state": "error"}),
    _case("from-a-variable", "error", "TMOUT=$IDLE\nreadonly TMOUT\nexport TMOUT\n", observed={"state": "error"}),
    _case("from-another-variable", "pass", "IDLE=600\nTMOUT=$IDLE\nreadonly TMOUT\nexport TMOUT\n"),
    _case("for-one-command", "pass", ALL + "TMOUT=9999 some command\n"),
    _case("by-eval", "fail", "eval TMOUT=9999\nreadonly TMOUT\nexport TMOUT\n"),
    _case("by-eval-of-a-program", "error", 'eval "$(tool)"\n' + ALL, observed={"state": "error"}),
    _case("closed-file", "fail", {SNIPPET: File(ALL, mode=0o600)}, on_host=True),
    _case("nothing-reads-the-folder", "fail", {SNIPPET: ALL, "/etc/profile": "umask 027\n"}),
    _case("lax-within-bash", "fail", {SNIPPET: ALL, "/etc/bash.bashrc": "[ $SHLVL = 1 ] || :\nTMOUT=9999\n"}),
    _case("not-for-root", "fail", {SNIPPET: "if [ $(id -u) -ne 0 ]; then\n%sfi\n" % ALL, "/etc/passwd": ROOT}),
    _case("by-the-environment", "fail", {"/etc/environment": "TMOUT=9999\n"}),
    _case(
        "by-rules-of-pam", "error", {"/etc/security/pam_env.conf": "TMOUT DEFAULT=78\n"}, observed={"state": "error"}
    ),
    _case("by-rules-of-pam-in-a-comment", "pass", {SNIPPET: ALL, "/etc/security/pam_env.conf": "#TMOUT DEFAULT=78\n"}),
    _case("similar-name", "fail", "MY_TMOUT=600\nreadonly MY_TMOUT\nexport MY_TMOUT\n"),
    _case("not-a-script-of-sh", "fail", {"/etc/profile.d/timeout.csh": ALL}),
    _case("never-ending-quote", "error", "TMOUT='600\n", observed={"state": "error"}),
    _case("folder-in-place-of-a-file", "error", {"/etc/profile": File(directory=True)}, observed={"state": "error"}),
]
