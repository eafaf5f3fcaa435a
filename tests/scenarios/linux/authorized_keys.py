"""Scenarios of keys for SSH. The keys were made by ssh-keygen of OpenSSH 9.2, which tells the same lengths; nobody has their private halves."""

from __future__ import annotations

from typing import Any, Dict, List

from tests.scenarios.linux import Scenario
from tests.scenarios.linux.sshd_option import sshd

# The part behind the type.
KEYS: Dict[str, str] = {
    "1024": (
        "AAAAB3NzaC1yc2EAAAADAQABAAAAgQCv8dwF9D80TxCLNX0CY4Ir20VAPtjSHBqKrpQzbv3pqNWSkWfTGLr0aPEG4rx1DmiLV8aqOyEfbyoGOhCniuccM+1jHW00xG0+sXJhovaEJCAB"
        "HHY7DRv08JBe6+RXVICJNUCOPWGEs/Khd8Y3cDlSukgjt67sSJsuNCJGQOhAfQ=="
    ),
    "2047": (
        "AAAAB3NzaC1yc2EAAAADAQABAAABAG8xJkqiVcCIsFEeGJvdVtZDIJ9wmlQtFhToGlRa92hwENFPiC0sUBajh6epA7Q61Vjv+xjCp50cXrZfL5c3ZvLlT9l8XAKrEil8zLp7usSt6K+e"
        "LxSSGm2bo1oC2sLZOcn/4qv8qW7HY67NmycNFgZ5bkYeUTNajjGxkupv2qukQDlMQO+fvcQe41R6UekDI4CF5crm6HRQVwdKXvPHGG0BkmkwnqKoR1IEQrxVw2UMDJvQKLIEBVz36ACJ"
        "iPOXsIdbFgzRIRIzsycHBWJj0wnvSMGIj7bwN6u1Qhrh2XaxqBdJcmUW1DnViNuSb6LnQpd/RYSC+yxFMgmDq47Ovas="
    ),
    "2048": (
        "AAAAB3NzaC1yc2EAAAADAQABAAABAQCufxxB2gT+AuZucebCwYjK8MKnmnZv2I6Jbn/oh+siHOjBQsFkHjR8nBBlM0VKsrbu+XxCk254iRuTztNVqMUZESYLBnsqFClwS/l/OlrXhTwI"
        "WGoIqnmbVYQ77gS6QfrtQkfYNjFDDI3wx6jzK1dC4ldAP+uZe1bF+E8hKE/S7+rBhotrtuq40F1+30Vnmxov0owwU90rYGsXr8q8tPOA+TgxhokM5yzadEX+vv6VBRGxB5lepocK0NpO"
        "evCVK4yvqpvrOIz9qIdsKvXMHmzV4SHfLxOSzAfYgNQOgfeYZXK7eF/OysTtpiBlei+nogUC9z9NY8PlOW3GUd0k8fE1"
    ),
    "dsa": (
        "AAAAB3NzaC1kc3MAAACBALHHKEV5m6lQjGzrTykjU+4J3M5D4c5jEw1xa11SOxfLsnoxeeJ010gKg1VpFNlEK2g4RTQUP81bBWN+mg86vRwK/ehy/3hxVMjpUazSzt7mzu11N1PizPb5"
        "4NpuOF1hSJ7O0uBZaXRwPSNtAoiYIIp2vE24idsqZip5GXqyNVJjAAAAFQD1xv4wZIJydscs6F5BQMQzQwt6eQAAAIEAi+jKfnxoC7PC4FGU5dp8HMWNck23GD3dW1lU3GxyATnnFeGZ"
        "8DTnaUfyoGAKu+ke9GS/+7FGAnSbZHcYjTfg7i2OF7lwXW0XiZZxAcVVdepY0aISmmnhkATsTB3PWiX56uhrnDz+/PkNY/F0HcWCN5hrfHVmAc9cefQanfVcUwgAAACAPY8xAKbZ+/QZ"
        "UoKA8U4GnPAMZ5ufQfko2H5TItNvvIAVqArqepQfcyQfTICFyX7MSuPu3LMBX4XrXS0cjwNDpGoYRq18Sw6/l1eQUTxnihP601cW/+x51LJB+XL7L2HYJYsNqSdIgRNoGnMosi69Di/6"
        "ZSTOGqB0A1lEsG8dXI4="
    ),
}
RSA = {bits: "ssh-rsa %s planted\n" % KEYS[bits] for bits in ("1024", "2047", "2048")}
DSA = "ssh-dss %s planted\n" % KEYS["dsa"]
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlanted planted\n"
MAIN, OWN = "/etc/ssh/sshd_config", "/home/anna/.ssh/authorized_keys"
BASE: Dict[str, Any] = {
    "/etc/passwd": "root:x:0:0::/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\n",
    "/etc/group": "root:x:0:\nanna:x:1000:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\n",
    MAIN: "PasswordAuthentication no\n",
}
DEFAULTS = {"authorizedkeysfile": ".ssh/authorized_keys .ssh/authorized_keys2", "trustedusercakeys": "none"}


def _case(name: str, files: Dict[str, Any], *rows: Any) -> Scenario:
    """``rows``: name, file, line, type and bits."""
    seen: List[Dict[str, Any]] = [dict(zip(("name", "file", "line", "type", "bits"), row)) for row in rows]
    return Scenario(
        name, {}, {"empty": True}, "fail" if rows else "pass", {"state": "value", "value": seen},
        files={**BASE, **files}, commands={"sshd -T": sshd(**DEFAULTS)},
    )  # fmt: skip


SCENARIOS = [
    _case("no keys", {}),
    _case("strong ones", {OWN: ED25519 + RSA["2048"]}),
    _case("short", {OWN: ED25519 + RSA["1024"]}, ("anna", OWN, 2, "ssh-rsa", 1024)),
    _case("short by one", {OWN: RSA["2047"]}, ("anna", OWN, 1, "ssh-rsa", 2047)),
    _case("DSA", {"/root/.ssh/authorized_keys2": DSA}, ("root", "/root/.ssh/authorized_keys2", 1, "ssh-dss", 1024)),
    _case("behind options", {OWN: 'from="10.0.0.1",command="a b" ' + RSA["1024"]}, ("anna", OWN, 1, "ssh-rsa", 1024)),
    _case("comment", {OWN: "# " + RSA["1024"]}),
    _case("cut off", {OWN: "ssh-rsa AAAAB3NzaC1yc2EAAAAD\n"}, ("anna", OWN, 1, "ssh-rsa", None)),
    _case("file that sshd does not look at", {OWN + ".old": RSA["1024"]}),
    _case("file of a block", {MAIN: "Match Group x\nAuthorizedKeysFile /etc/keys/%u\n", "/etc/keys/anna": DSA}, ("anna", "/etc/keys/anna", 1,
                                                                                                                 "ssh-dss", 1024)),
    _case("authority", {MAIN: "TrustedUserCAKeys /etc/ssh/ca.pub\n", "/etc/ssh/ca.pub": RSA["1024"]}, ("", "/etc/ssh/ca.pub", 1, "ssh-rsa", 1024)),
    _case("weak beside those of a command", {MAIN: "AuthorizedKeysCommand /usr/bin/keys\n", OWN: DSA}, ("anna", OWN, 1, "ssh-dss", 1024)),
    Scenario("those of a command", {}, {"empty": True}, "error", {"state": "error", "reason": "sshd takes keys from /usr/bin/keys too, which are "
                                                                  "not on this host; look at those there, and document an exception"},
             files={**BASE, MAIN: "AuthorizedKeysCommand /usr/bin/keys\n"},
             commands={"sshd -T": sshd(**DEFAULTS)}),
    Scenario("no server", {}, {"empty": True}, "pass", {"state": "value", "value": []}, files={OWN: DSA}),
    Scenario("not as root", {}, {"empty": True}, "error", {"state": "error"}, files={**BASE, OWN: DSA}, privileged=False),
]  # fmt: skip
