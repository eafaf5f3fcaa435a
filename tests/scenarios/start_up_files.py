"""Start-up files of shells, and what bash 5.2 and dash 0.5.12 on Debian 12 then say: umask, TMOUT, `r`ead-only, e`x`ported.

`ask` makes each of them on a host in turn and asks the shells; `ANSWERS` is what they said. What a shell could not be
asked, for it ended before, is "". A way with a `+` may be told with more values than the one that it has here.
"""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_startup import (
    ORDINARY,
    Way,
    root_person,
    start,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_words import UNSET, only
from tests.scenarios.start_up_base import BASE, BASHRC

A, B = "/etc/profile.d/a.sh", "/etc/profile.d/b.sh"
RC = "/etc/bash.bashrc"
OURS = """\
if (TMOUT=900) 2>/dev/null; then
    TMOUT=900
    export TMOUT
    if [ -n "${BASH_VERSION:-}" ]; then
        typeset -xr TMOUT=900
    fi
    readonly TMOUT
fi
"""
CLOSED = {"/etc/profile.d/a.sh": 0o600}
# name -> files beside the base (None takes one away, a number is a mode), all in one dictionary
SCENARIOS: dict[str, dict[str, object]] = {
    "stock": {},
    "ours": {A: OURS + "umask 027\n"},
    "ours twice": {A: OURS, B: OURS.replace("900", "600")},
    "ours behind a read-only one": {A: "readonly TMOUT=300\n", B: OURS},
    "ours and a later one": {A: OURS, B: "TMOUT=0; umask 0\numask 027\n"},
    "export behind ours": {A: OURS, B: "export TMOUT=0\numask 027\n"},
    "unset behind ours": {A: OURS, B: "unset TMOUT\numask 027\n"},
    "unset": {A: "TMOUT=900\nexport TMOUT\n", B: "unset TMOUT\n"},
    "closed file": {A: OURS + "umask 027\n", "modes": CLOSED},
    "closed folder": {A: "umask 027\n", "modes": {"/etc/profile.d": 0o700}},
    "folder that cannot be listed": {A: "umask 027\n", "modes": {"/etc/profile.d": 0o711}},
    "closed profile": {A: "umask 027\n", "modes": {"/etc/profile": 0o600}},
    "closed bashrc": {RC: "umask 077\n", "modes": {RC: 0o600}},
    "closed file read without a test": {"/etc/profile": ". /etc/x\numask 027\n", "/etc/x": "TMOUT=9\n", "modes": {"/etc/x": 0o600}},
    "closed folder on the way": {"/etc/profile": "[ -r /etc/x/y ] && . /etc/x/y\n", "/etc/x/y": "umask 027\n", "modes": {"/etc/x": 0o700}},
    "line ends of DOS": {A: "umask 027\r\nTMOUT=900\r\n"},
    "function that nobody calls": {A: "f() { umask 027; TMOUT=900; }\n"},
    "function that is called": {A: "f() { umask 027; TMOUT=$1; }\nf 900\n"},
    "function with a local": {A: "f() { local TMOUT=900; umask 077; }\nf\n"},
    "function that returns early": {A: "f() { return; umask 077; }\nf; umask 027\n"},
    "function named umask": {A: "umask() { :; }\numask 077\n"},
    "return": {A: "umask 027\nreturn\numask 077\n", B: "TMOUT=5\n"},
    "return in profile": {"/etc/profile": "umask 027\nreturn 0\numask 077\n"},
    "return by condition": {A: '[ -n "$ZSH_VERSION" ] && return\numask 027\n'},
    "loop": {A: "for n in 1 2 3; do umask 02$n; done\n"},
    "loop with break": {A: "for n in 1 2 3; do umask 02$n; [ $n = 2 ] && break; done\n"},
    "loop with continue": {A: "for n in 1 2 3; do [ $n -gt 1 ] && continue; umask 02$n; done\n"},
    "while false": {A: "while false; do umask 077; done\nuntil true; do umask 077; done\n"},
    "loop over nothing": {A: "for n in; do umask 077; done\n"},
    "loop over positions": {A: "set -- 027 077\nfor n; do umask $n; done\n"},
    "interactive by the flag": {A: "case $- in *i*) TMOUT=900; umask 027;; esac\n"},
    "interactive by [[": {A: "if [[ $- == *i* ]]; then umask 027; fi\n"},
    "interactive by the prompt": {A: 'if [ "$PS1" ]; then TMOUT=900; fi\n'},
    "terminal": {A: "if [ -t 0 ]; then TMOUT=900; fi\n", "more": "lrd"},
    "bash alone": {A: 'if [ -n "${BASH_VERSION-}" ]; then umask 027; else umask 077; fi\n'},
    "root alone": {A: 'if [ "$(id -u)" = 0 ]; then umask 027; fi\n'},
    "others than root": {A: "if [ `id -u` -ne 0 ]; then umask 027; fi\n"},
    "number of the user in bash": {A: 'if [ "$EUID" -ne 0 ]; then umask 027; fi\n'},
    "as RHEL has it": {A: 'if [ $UID -gt 199 ] && [ "`id -gn`" = "`id -un`" ]; then\n umask 002\nelse\n umask 022\nfi\n', "more": "LlDd"},
    "name of root": {A: 'if [ "$USER" = root ]; then umask 077; else umask 027; fi\n'},
    "name of somebody": {A: 'if [ "$USER" = bob ]; then umask 0; fi\n', "more": "LlDd"},
    "case": {A: 'case "$HOME" in /root) umask 077;; *) umask 027;; esac\n'},
    "case with alternatives": {A: "case x in (a|x) umask 027;; x) umask 077;; esac\n"},
    "case that falls through": {RC: "case x in x) umask 027;& y) TMOUT=9;; z) umask 0;; esac\n"},
    "elif": {A: "if [ -f /none ]; then umask 0; elif [ -d /etc ]; then umask 027; else umask 1; fi\n"},
    "and, or": {A: "[ -d /none ] && umask 0 || umask 027\n"},
    "not": {A: "if ! [ -d /none ]; then umask 027; fi\n! true || umask 0\n"},
    "and, or in a test": {A: "if [ -d /etc -a ! -d /none ] && [ -d /none -o -d /etc ]; then umask 027; fi\n"},
    "program that is missing": {A: "if command -v no-such-thing >/dev/null; then umask 0; fi\n", "more": "*"},
    "subshell": {A: "(umask 077; TMOUT=9)\numask 027 &\n"},
    "pipe": {A: "echo 077 | umask 077\n{ TMOUT=900; }\n"},
    "group in a pipe": {A: "{ umask 077; TMOUT=900; } | cat\n"},
    "substitution": {A: "x=$(umask 077; echo 027)\nTMOUT=900\n"},
    "for one command": {A: "TMOUT=900 true\nTMOUT=5 umask 027\n"},
    "here-document": {A: "cat >/dev/null <<E\numask 0\nTMOUT=0\nE\numask 027\n"},
    "here-document in quotes": {A: "cat >/dev/null <<-'E'\n\tumask 0 $(\n\tE\numask 027\n"},
    "comment and continuation": {A: "umask \\\n  027 # umask 0\n#TMOUT=9\\\nTMOUT=900\n"},
    "quotes": {A: "umask \"027\"; TMOUT='900'; echo 'umask 0' >/dev/null\n"},
    "several in a line": {A: "TMOUT=900 && readonly TMOUT; export TMOUT; umask 027\n"},
    "by a variable": {A: "MASK=027; T=900\numask $MASK\nTMOUT=${T}\n"},
    "by a default": {A: "umask ${MASK:-027}\n: ${TMOUT:=900}\nTMOUT=${TMOUT:-1}\n"},
    "cut": {A: "x=a027b; x=${x#a}; umask ${x%b}\n"},
    "symbols": {A: "umask u=rwx,g=rx,o=\n"},
    "symbols that change": {A: "umask 077; umask g+r,o=x\n"},
    "symbols shown": {A: "umask 027 >/dev/null; umask -S >/dev/null; umask -p >/dev/null 2>&1; umask >/dev/null\n"},
    "wrong umask": {A: "umask 027\numask 0888\numask rubbish\n"},
    "five digits": {A: "umask 00027\n"},
    "sourced by source": {A: "source /etc/x\n", "/etc/x": "umask 027\n"},
    "sourced by a dot": {A: ". /etc/x\n", "/etc/x": "umask 027\nreturn\numask 0\n"},
    "sourced by a variable": {A: "D=/etc\n[ -r $D/x ] && . $D/x\n", "/etc/x": "umask 027\n"},
    "sourced and missing": {A: ". /etc/none\numask 027\n"},
    "sourced and missing, after a test": {A: "test -f /etc/none && . /etc/none\numask 027\n"},
    "eval": {A: "eval 'umask 027'; eval TMOUT=900\n"},
    "set -e": {A: "set -e\numask 027\nfalse\numask 077\n"},
    "set -e in a condition": {A: "set -e\nif false; then :; fi\nfalse || true\numask 027\nset +e\n"},
    "set -a": {A: "set -a\nTMOUT=900\nset +a\n"},
    "read-only twice": {A: "readonly TMOUT=900\n", B: "readonly TMOUT=900\numask 027\n"},
    "read-only in a condition": {A: "readonly TMOUT=900\nif TMOUT=5; then umask 0; else umask 1; fi\numask 027\n"},
    "declare": {RC: "declare -xr TMOUT=900\n"},
    "declare in two steps": {RC: "TMOUT=900\ntypeset -r TMOUT\n"},
    "export taken back": {RC: "export TMOUT=900\nexport -n TMOUT\n"},
    "bashrc alone": {RC: "umask 027\nTMOUT=900\n"},
    "bashrc behind its return": {RC: BASHRC + "umask 027\nTMOUT=900\n"},
    "profile alone": {"/etc/profile": "umask 027\nexport TMOUT=900\n"},
    "home of a new account": {"/etc/skel/.profile": "umask 022\n", A: "umask 027\n"},
    "home's bash_profile comes first": {"/etc/skel/.bash_profile": "umask 077\n", A: "umask 027\n"},
    "home's bash_login": {"/etc/skel/.bash_login": "umask 077\n"},
    "root's files in their order": {"/root/.bash_profile": "umask 027\n", "/root/.bash_login": "umask 077\n"},
    "root's bashrc": {"/root/.bashrc": "umask 077\nTMOUT=60\n"},
    "ENV of dash": {A: "ENV=/etc/x; export ENV\n", "/etc/x": "umask 077\n"},
    "command before it": {A: "command umask 027\n\\umask 027\n"},
    "PROMPT_COMMAND": {RC: "PROMPT_COMMAND='TMOUT=7'\n", "more": "LNSR"},
    "exit": {A: "umask 027\nexit\n"},
    "exec of a redirection": {A: "exec 3>&1\numask 027\n"},
    "reserved words as arguments": {A: "echo if then { fi >/dev/null\numask 027\n"},
    "nested": {A: "if true; then\n if [ -d /etc ]; then { umask 027; }; fi\nfi\n"},
    "arithmetic": {RC: "if (( 1 )); then umask 027; fi\n"},
    "test that is wrong": {A: "if [ -eq 0 ] 2>/dev/null; then umask 0; else umask 027; fi\n"},
}  # fmt: skip
# way -> who, and how the shell is started
WAYS = {
    "L": ("tester", "bash -li"),
    "l": ("tester", "bash -l"),
    "N": ("tester", "bash -i"),
    "S": ("tester", "SSH_CLIENT=x bash"),
    "D": ("tester", "dash -li"),
    "d": ("tester", "dash -l"),
    "R": ("root", "bash -li"),
    "r": ("root", "bash -l"),
}
PROBE = 'echo "@$(command umask) ${TMOUT-unset} $( (TMOUT=1) 2>/dev/null && echo w || echo r)$(env | grep -q ^TMOUT= && echo x)@"'
ANSWERS = {
    name: dict(zip(WAYS, answers))
    for name, answers in json.loads(Path(__file__).with_name("start_up_answers.json").read_text()).items()
}

# Runs on the host: standard input has the scenarios, standard output the answers.
DRIVER = r"""
import concurrent.futures, json, os, pathlib, re, shlex, shutil, subprocess, sys
asked = json.load(sys.stdin)
FOLDERS = ("/etc/profile.d", "/etc/skel", "/etc/x")
kept = pathlib.Path("/run/start-up-kept")
names = ["/etc/profile", "/etc/bash.bashrc", "/etc/profile.d", "/etc/skel", "/root"]
subprocess.run(["useradd", "-m", "-s", "/bin/bash", "tester"], check=False, stderr=subprocess.DEVNULL)
subprocess.run(["tar", "-C", "/", "-cpf", str(kept)] + [n[1:] for n in names], check=True)

def clean():
    for name in ("/etc/profile.d", "/etc/skel", "/etc/x"):
        shutil.rmtree(name, ignore_errors=True)
        if os.path.lexists(name):
            os.remove(name)
    for name in ("/etc/profile.d", "/etc/skel"):
        os.mkdir(name, 0o755)
    for name in (".bash_profile", ".bash_login", ".profile", ".bashrc"):
        if os.path.lexists("/root/" + name):
            os.remove("/root/" + name)

def say(way):
    who, shell = asked["ways"][way]
    home = "/root" if who == "root" else "/home/tester"
    words = shell.split()
    given = [w for w in words if "=" in w]
    line = [w for w in words if "=" not in w] + ["-c", asked["probe"]]
    command = ["setpriv", "--reuid", who, "--regid", who, "--init-groups", "env", "-i", "HOME=" + home, "USER=" + who,
               "LOGNAME=" + who, "TERM=dumb", "PATH=/usr/bin:/bin", *given, *line]
    if any("i" in w for w in words if w.startswith("-")):
        command = ["script", "-qec", " ".join(map(shlex.quote, command)), "/dev/null"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/",
                          # Else `script` starts a bash of root that takes itself for one by ssh, and reads /etc/bash.bashrc.
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SHELL": "/bin/sh"})
    said = re.findall(r"@(\d+ [^ @]+ \w+)@", done.stdout.decode(errors="replace"))
    return said[-1] if said else ""

os.umask(0o022)
answers = {}
try:
    for name, files in asked["scenarios"].items():
        clean()
        for path, text in files["texts"].items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", newline="") as stream:
                stream.write(text)
            os.chmod(path, 0o644)
        for path, mode in files["modes"].items():
            os.chmod(path, mode)
        shutil.rmtree("/home/tester", ignore_errors=True)
        shutil.copytree("/etc/skel", "/home/tester")
        subprocess.run(["chown", "-R", "tester:", "/home/tester"], check=True)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers[name] = list(pool.map(say, asked["ways"]))
finally:
    clean()
    subprocess.run(["tar", "-C", "/", "-xpf", str(kept)], check=True)
json.dump(answers, sys.stdout)
"""


def files_of(name: str) -> tuple[dict[str, str], dict[str, int]]:
    """Return the texts and modes of a scenario, those of the base among them."""
    given = {key: one for key, one in SCENARIOS[name].items() if key.startswith("/")}
    modes = SCENARIOS[name].get("modes", {})
    return {**BASE, **given}, dict(modes)  # type: ignore[call-overload]


def question() -> str:
    """Return what `DRIVER` reads."""
    scenarios = {name: dict(zip(("texts", "modes"), files_of(name))) for name in SCENARIOS}
    return json.dumps({"scenarios": scenarios, "ways": WAYS, "probe": PROBE})


def may_be_more(name: str, way: str) -> bool:
    """Return whether a way may be told with more values than the shell has."""
    more = str(SCENARIOS[name].get("more", ""))
    return more == "*" or way in more


def plant(root: Path, name: str) -> Path:
    """Make a scenario's files below a folder."""
    texts, modes = files_of(name)
    for path, text in {"/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n", **texts}.items():
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (root / path[1:]).write_bytes(text.encode())
        (root / path[1:]).chmod(0o644)
    for path, mode in modes.items():
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (root / path[1:]).chmod(mode)
    return root


def told(host: Host, way: str) -> set[str]:
    """Return what a way is told to end with, as the probe would say it."""
    who, shell = WAYS[way]
    known = Way(way, "bash" in shell, "i" in shell.partition(" -")[2], "l" in shell.partition(" -")[2], "SSH" in shell)
    person = root_person(host) if who == "root" else ORDINARY
    state = start(host, person, known, ("TMOUT", "umask"), {" umask": only("0022")}).state
    flags = [state.get(" r TMOUT"), state.get(" x TMOUT")]
    return {
        f"{umask} {'unset' if text == UNSET else text} {'r' if fixed else 'w'}{'x' if exported and text != UNSET else ''}"
        for umask in state.get(" umask")
        for text in state.get("TMOUT")
        for fixed in flags[0]
        for exported in flags[1]
    }
