"""The shell scripts that load audit rules and bring the old ones back, run against programs that act like the real ones."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.reload import JOURNALD
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.audit_rule import LOAD, UNLOAD

SHELLS = [shell for shell in ("dash", "bash") if shutil.which(shell)]
# The kernel's rules are the file ``rules``, its switch ``enabled``. A rule with REFUSED is refused, as auditctl(8) does that.
AUDITCTL = r"""#!/bin/sh
cd "$STATE" || exit 1
case $1 in
-l) [ ! -e broken ] || exit 1; [ -s rules ] && cat rules || echo 'No rules' ;;
-s) printf 'enabled %s\nfailure 1\n' "$(cat enabled)" ;;
-e) echo "$2" >enabled ;;
-R) [ "$(cat enabled)" != 2 ] || exit 0
    go_on= status=0
    while read -r line; do
        case $line in
        -D) : >rules ;;
        -c) go_on=1 ;;
        -e*) echo "${line#-e }" >enabled ;;
        *REFUSED*) echo "Error sending add rule data request" >&2; status=1; [ -n "$go_on" ] || exit 1 ;;
        -*) printf '%s\n' "$line" >>rules ;;
        esac
    done <"$2"
    exit $status ;;
esac
"""
AUGENRULES = """#!/bin/sh
[ ! -e "$STATE/full" ] || exit 1
[ "$(cat "$AUDIT"/rules.d/*.rules)" != "$(cat "$AUDIT/audit.rules")" ] || exit 0
cp "$AUDIT/audit.rules" "$AUDIT/audit.rules.prev"
cat "$AUDIT"/rules.d/*.rules >"$AUDIT/audit.rules"
"""
SYSTEMCTL = """#!/bin/sh
[ "$(cat "$STATE/enabled")" = 2 ] || echo 0 >"$STATE/enabled"
[ ! -e "$STATE/broken" ]
"""
OLD, NEW = "-w /etc/hosts -p wa -k old\n", "-w /etc/sudoers -p wa -k new\n"


class Bench:
    """A folder with a kernel, the files of the audit system, and the programs."""

    def __init__(self, root, shell):
        self.shell, self.state, self.audit, self.bin, self.tmp = (
            shell,
            root / "state",
            root / "a",
            root / "bin",
            root / "t",
        )
        for folder in (self.state, self.audit / "rules.d", self.bin, self.tmp):
            folder.mkdir(parents=True)
        for name, text in (("auditctl", AUDITCTL), ("augenrules", AUGENRULES), ("systemctl", SYSTEMCTL)):
            self.program(name, text)
        self.kernel(OLD)
        (self.audit / "audit.rules").write_text(OLD)
        (self.audit / "audit.rules.prev").write_text("the site's own\n")

    def program(self, name, text):
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def kernel(self, rules, enabled="1"):
        (self.state / "rules").write_text(rules)
        (self.state / "enabled").write_text(enabled + "\n")

    def file(self, name, text):
        (self.audit / "rules.d" / name).write_text(text)

    def run(self, script, *arguments, largest=None):
        def limit():
            if largest is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

        where = {"STATE": str(self.state), "AUDIT": str(self.audit), "TMPDIR": str(self.tmp)}
        return subprocess.run(
            [self.shell, "-c", script.replace("/etc/audit", str(self.audit)), "hipaa-cis", *arguments],
            env={"PATH": "%s:%s" % (self.bin, os.environ["PATH"]), "LC_ALL": "C", **where},
            capture_output=True,
            text=True,
            preexec_fn=limit,
            # A write beyond the limit is then an error, as on a full disk.
            restore_signals=False,
            check=False,
        )

    def seen(self):
        """Return the rules of the kernel, its switch, and whether the backup of augenrules is the site's."""
        prev = (self.audit / "audit.rules.prev").read_text() == "the site's own\n"
        return (self.state / "rules").read_text(), (self.state / "enabled").read_text().strip(), prev

    def leftovers(self):
        return os.listdir(str(self.tmp))


@pytest.fixture(params=SHELLS)
def bench(request, tmp_path):
    return Bench(tmp_path, request.param)


@pytest.mark.parametrize("script", [LOAD, UNLOAD, JOURNALD], ids=["load", "unload", "journald"])
@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_understands_it(shell, script):
    assert subprocess.run([shell, "-n", "-c", script], capture_output=True, check=False).returncode == 0


def test_all_files_are_loaded_in_their_order_without_the_lock(bench):
    bench.file("9-a.rules", "-D\n-w /a -p wa\n")
    bench.file("10-b.rules", "-w /b -p wa\n  -e 2\n-D \n")
    bench.file("zz.rules", "\n# x\n-c\n" + NEW + "-e 2")

    assert bench.run(LOAD).returncode == 0
    assert bench.seen() == ("-w /a -p wa\n-w /b -p wa\n" + NEW, "1", True)
    assert NEW in (bench.audit / "audit.rules").read_text()
    assert not bench.leftovers()


def test_thousands_of_rules_are_loaded(bench):
    rules = "".join(
        "-a always,exit -F path=/usr/bin/%d -F perm=x -F auid>=1000 -k privileged\n" % n for n in range(3000)
    )
    bench.file("a.rules", rules)

    assert bench.run(LOAD).returncode == 0
    assert bench.seen()[0] == rules


@pytest.mark.parametrize(
    "before", [OLD, "", OLD + "-w /a REFUSED -p wa\n-w /b -p wa\n"], ids=["one", "none", "one-that-cannot-come-back"]
)
def test_where_a_rule_is_refused_the_old_ones_and_the_switch_come_back(bench, before):
    bench.kernel(before, "0")
    bench.file("a.rules", "-c\n-w /x REFUSED -p wa\n" + NEW)

    result = bench.run(LOAD)
    assert (result.returncode, result.stderr.splitlines()[0]) == (1, "Error sending add rule data request")
    assert bench.seen() == ("".join(line for line in before.splitlines(True) if "REFUSED" not in line), "0", True)
    assert (bench.audit / "audit.rules").read_text() == OLD
    assert not bench.leftovers()


def test_where_the_files_cannot_be_put_together_the_old_rules_come_back(bench):
    (bench.state / "full").write_text("")
    bench.file("a.rules", NEW)

    assert bench.run(LOAD).returncode == 1
    assert bench.seen() == (OLD, "1", True)


@pytest.mark.parametrize("what", ["mktemp", "auditctl", "listing", "file", "disk", "folder"])
def test_nothing_is_loaded_where_something_fails_before(bench, what):
    bench.file("a.rules", NEW * 100)
    if what == "mktemp":
        bench.program("mktemp", "#!/bin/sh\nexit 1\n")
    elif what == "auditctl":
        bench.program("auditctl", "#!/bin/sh\nexit 127\n")
    elif what == "listing":
        (bench.state / "broken").write_text("")
    elif what == "file":
        (bench.audit / "rules.d" / "b.rules").symlink_to("/nowhere")
    elif what == "folder":
        shutil.rmtree(str(bench.audit / "rules.d"))

    assert bench.run(LOAD, largest=1000 if what == "disk" else None).returncode != 0
    assert bench.seen() == (OLD, "1", True)
    assert not bench.leftovers()


def test_the_backup_of_augenrules_stays_where_it_cannot_be_kept_aside(bench):
    bench.program("cp", "#!/bin/sh\nexit 1\n")
    bench.file("a.rules", NEW)

    assert bench.run(LOAD).returncode == 1
    assert bench.seen() == (OLD, "1", True)


def test_the_rules_of_before_come_back_but_for_those_that_are_refused(bench):
    bench.file("a.rules", OLD)
    bench.kernel(OLD + NEW)

    assert bench.run(UNLOAD, "-D\n-c\n-w /x REFUSED\n" + OLD + "-w /by-hand -p wa\n-e 0").returncode == 1
    assert bench.seen() == (OLD + "-w /by-hand -p wa\n", "0", True)
    assert not bench.leftovers()


def test_locked_rules_are_left_as_they_are(bench):
    bench.kernel(OLD + NEW, "2")
    bench.file("a.rules", OLD)

    assert bench.run(UNLOAD, "-D\n" + OLD).returncode == 0
    assert bench.seen() == (OLD + NEW, "2", True)


def test_nothing_is_brought_back_from_a_full_disk(bench):
    bench.file("a.rules", OLD)
    bench.kernel(OLD + NEW)

    assert bench.run(UNLOAD, "-D\n" + OLD * 100, largest=1000).returncode == 1
    assert bench.seen() == (OLD + NEW, "1", True)


@pytest.mark.parametrize("enabled", ["0", "1", "2"])
def test_a_restart_of_journald_leaves_the_switch_of_the_audit_system(bench, enabled):
    bench.kernel(OLD, enabled)

    assert bench.run(JOURNALD).returncode == 0
    assert bench.seen()[1] == enabled


def test_a_restart_of_journald_that_fails_leaves_it_too(bench):
    (bench.state / "broken").write_text("")

    assert bench.run(JOURNALD).returncode == 1
    assert bench.seen()[1] == "1"


def test_journald_is_restarted_where_there_is_no_auditctl(bench):
    bench.program("auditctl", "#!/bin/sh\necho 'not found' >&2\nexit 127\n")

    assert bench.run(JOURNALD).returncode == 0
