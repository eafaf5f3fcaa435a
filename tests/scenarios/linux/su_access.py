"""Scenarios of su: the line of pam_wheel, what spoils it, what bypasses it, who is in the group."""

from __future__ import annotations

from typing import Any, Dict, Optional

from tests.scenarios.linux import File, Scenario

SU = "/etc/pam.d/su"
COMMON = "/etc/pam.d/common-auth"
ROOT = "auth sufficient pam_rootok.so\n"
WHEEL = "auth required pam_wheel.so use_uid group=sugroup\n"
PERMIT = "auth required pam_permit.so\n"
REST = "@include common-auth\n"
DEBIAN_COMMON = (
    "auth\t[success=1 default=ignore]\tpam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n"
)
PASSWD = "root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/sh\n"
EMPTY = "root:x:0:\nbob:x:1000:\nsugroup:x:900:\n"
EXPECT = {
    "fields": {
        "group": {"matches": "."},
        "exists": {"equals": True},
        "members": {"empty": True},
        "bypasses": {"empty": True},
    }
}


def _case(name: str, verdict: str, su: str, group: str = EMPTY, common: str = DEBIAN_COMMON, **keys: Any) -> Scenario:
    observed: Dict[str, Any] = keys.pop("observed", {"state": "value"})
    files = {
        **keys.pop("more", {}),
        SU: su,
        COMMON: common,
        "/etc/passwd": keys.pop("passwd", PASSWD),
        "/etc/group": group,
    }
    return Scenario(name, {}, EXPECT, verdict, observed, files=files, **keys)


def _fix(name: str, su: str, group: str = EMPTY, wanted: Optional[str] = "sugroup") -> Scenario:
    return _case(name, "fail", su, group, wanted=wanted)


SCENARIOS = [
    _case("right", "pass", ROOT + WHEEL + REST),
    _case(
        "right-in-odd-form",
        "pass",
        ROOT + "AUTH\trequisite /lib/security/pam_wheel.so group=sugroup \\\n use_uid # why\n",
    ),
    _case(
        "missing",
        "fail",
        ROOT + REST,
        observed={"state": "value", "value": {"group": "", "exists": False, "members": [], "bypasses": []}},
    ),
    _case("commented-out", "fail", ROOT + "# " + WHEEL),
    _case("without-use-uid", "fail", ROOT + "auth required pam_wheel.so group=sugroup\n"),
    _case("without-a-group", "fail", ROOT + "auth required pam_wheel.so use_uid\n"),
    _case("spoilt-by-deny", "fail", ROOT + "auth required pam_wheel.so use_uid group=sugroup deny\n"),
    _case("optional", "fail", ROOT + "auth optional pam_wheel.so use_uid group=sugroup\n"),
    _case("of-the-account-stack", "fail", ROOT + WHEEL.replace("auth", "account")),
    _case("no-such-group", "fail", ROOT + WHEEL, "root:x:0:\n"),
    _case("group-with-a-member", "fail", ROOT + WHEEL, "root:x:0:\nsugroup:x:900:bob\n"),
    _case("member-by-primary-group", "fail", ROOT + WHEEL, "root:x:0:\nsugroup:x:1000:\n"),
    _case("sufficient-before", "fail", ROOT + "auth sufficient pam_unix.so\n" + WHEEL),
    _case("done-before", "fail", ROOT + "auth [success=done default=ignore] pam_unix.so\n" + WHEEL),
    _case("jump-over-it", "fail", ROOT + "auth [success=1 default=ignore] pam_unix.so\n" + WHEEL + PERMIT),
    # Behind a jump nothing is left that says yes: libpam lets in nobody.
    _case("jump-to-the-end", "pass", ROOT + "auth [success=1 default=ignore] pam_unix.so\n" + WHEEL),
    _case("group-twice", "fail", ROOT + WHEEL.replace("\n", " group=users\n")),
    _case("refusal-that-is-ignored", "fail", ROOT + WHEEL.replace("required", "[default=ignore]") + REST),
    _case("refusal-that-is-reset", "fail", ROOT + WHEEL + "auth [default=reset] pam_permit.so\n" + PERMIT),
    _case("su-l-of-its-own", "fail", ROOT + WHEEL + REST, more={SU + "-l": ROOT + REST}),
    _case("su-l-includes-su", "pass", ROOT + WHEEL + REST, more={SU + "-l": "auth include su\n"}),
    _case("jump-that-falls-short", "pass", ROOT + REST + WHEEL),
    _case(
        "jump-out-of-an-include",
        "fail",
        ROOT + REST + WHEEL + PERMIT,
        common="auth [success=1 default=ignore] pam_unix.so\n",
    ),
    _case("sufficient-behind", "pass", ROOT + WHEEL + "auth sufficient pam_unix.so\n"),
    _case("sufficient-in-an-include-before", "fail", ROOT + REST + WHEEL, common="auth sufficient pam_unix.so\n"),
    _case("in-an-include", "pass", ROOT + REST, common=WHEEL),
    _case("includes-itself", "error", "@include su\n", observed={"state": "error"}),
    _case("include-that-is-missing", "error", "@include nothing\n", observed={"state": "error"}),
    _case("broken-accounts", "error", ROOT + WHEEL, "sugroup:x\n", observed={"state": "error"}),
    Scenario("no-su", {}, EXPECT, "fail", {"state": "absent"}),
    Scenario("su-is-a-folder", {}, EXPECT, "error", {"state": "error"}, files={SU: File(directory=True)}),
    # What is written.
    _fix("fix-stock", "#\n" + ROOT + "# auth required pam_wheel.so\n" + REST),
    _fix("fix-beside-another-line", ROOT + "auth required pam_wheel.so\n" + REST),
    # Of every source on this host: pam_wheel asks the C library for the user's groups.
    _case(
        "member-in-another-source",
        "fail",
        ROOT + WHEEL + REST,
        more={
            "/etc/nsswitch.conf": "passwd: files extrausers\ngroup: files extrausers\n",
            "/var/lib/extrausers/passwd": "eve:x:2001:900::/home/eve:/bin/bash\n",
        },
    ),
    _case(
        "group-in-another-source",
        "pass",
        ROOT + WHEEL + REST,
        "root:x:0:\nbob:x:1000:\n",
        more={
            "/etc/nsswitch.conf": "passwd: files extrausers\ngroup: files extrausers\n",
            "/var/lib/extrausers/group": "sugroup:x:900:\n",
        },
    ),
]
