"""What root's start-up files leave in PATH and as umask: no value that a shell could end with is left out."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_files import Files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_run import Shell
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_words import known, only
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.umask_text import changed_umask

START = "/start"
DEBIAN = """if [ "$(id -u)" -eq 0 ]; then
  PATH="/usr/sbin:/sbin"
else
  PATH="/usr/games"
fi
export PATH
"""


def follow(tmp_path, text, **others):
    for name, content in {"profile": text, **others}.items():
        (tmp_path / name).write_text(content)
    files = Files(Host(str(tmp_path), privileged=True), root=True)
    before = {
        "HOME": "/root",
        "USER": "root",
        " name": "root",
        " uid": "0",
        "EUID": "0",
        "PATH": START,
        " umask": "0022",
    }
    shell = Shell(files, True, False, True, {name: only(one) for name, one in before.items()}, ("PATH", "umask"))
    shell.start_up("/profile")
    return shell.end()


def paths_of(state):
    found = state.get("PATH")
    if not all(known(path) for path in found):
        raise ReadError("/profile")
    return found


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("", [START]),
        ("# PATH=/a\n", [START]),
        ("PATH=/a", ["/a"]),
        ("export PATH=/a:/b # why", ["/a:/b"]),
        ("  PATH='/a b'; export PATH", ["/a b"]),
        ("PATH=/a:\\\n/b", ["/a:/b"]),
        ("PATH=$PATH:/a\nPATH=/b:${PATH}", ["/b:/start:/a"]),
        ("PATH+=:.", ["/start:."]),
        ('PATH="$HOME/bin:$PATH"', ["/root/bin:/start"]),
        ("PATH=~/bin:~/x", ["/root/bin:/root/x"]),
        ('PATH="~/bin"', ["~/bin"]),
        ("PATH=${PATH:+$PATH:}/a", ["/start:/a"]),
        ("D=/opt/tool\nPATH=$D/bin:$PATH", ["/opt/tool/bin:/start"]),
        ("declare -x PATH=/a", ["/a"]),
        ("AWKPATH=/a; MANPATH=/b; INFO_PATH=/c", [START]),
        # For one command only.
        ("PATH=/a ls", [START]),
        ("PATH=/a\nPATH=/b umask 027", ["/a"]),
        # Conditions: what can be decided, and what cannot.
        (DEBIAN, ["/usr/sbin:/sbin"]),
        (DEBIAN.replace("-eq", "-ne"), ["/usr/games"]),
        (DEBIAN.replace('"$(id -u)"', "$EUID").replace("; then", "\nthen"), ["/usr/sbin:/sbin"]),
        ("if [ -d /none ]; then PATH=/none; fi", [START]),
        ("if [ -f /profile ]; then PATH=/a; fi", ["/a"]),
        ("[ -d /none ] && PATH=/none", [START]),
        ("[ -f /profile ] && PATH=/a", ["/a"]),
        ("[ -f /profile ] &&\n PATH=/a", ["/a"]),
        ("[ -f /profile ] || PATH=/a", [START]),
        ("[ -f /none ] || PATH=/a", ["/a"]),
        ('if [ "$TERM" ]; then PATH=/a; else PATH=/b; fi', ["/a", "/b"]),
        ("if ! [ -d /none ]; then PATH=/a; fi", ["/a"]),
        ("if [ -f /profile ] && false; then PATH=/a; fi", [START]),
        ("if [ -f /none ]; then :; elif [ -f /profile ]; then PATH=/a; else PATH=/b; fi", ["/a"]),
        ("if [ -f /profile ]; then PATH=/a; elif true; then PATH=/b; else PATH=/c; fi", ["/a"]),
        ("if [ $x ]; then :; elif [ -f /profile ]; then PATH=/a; else PATH=/b; fi", [START, "/a"]),
        ('case ":$PATH:" in *:/a:*) ;; *) PATH=/a:$PATH ;; esac', ["/a:/start"]),
        ("for d in /a /b; do PATH=/c; done", ["/c"]),
        # A subshell and a function that nobody calls leave nothing.
        ("PATH=/writable\n(PATH=/safe)", ["/writable"]),
        ("f() { PATH=/safe; }", [START]),
        ("add() { PATH=$1:$PATH; }\nadd /a; add /b", ["/b:/a:/start"]),
        ("function f {\nPATH=/safe\n}", [START]),
        ("[ -z $PS1 ] && return\nPATH=/safe", [START, "/safe"]),
        ("true || { PATH=/safe; }", [START]),
        ("[ $x ] || { PATH=/safe; }", [START, "/safe"]),
        # Data is no command.
        ("cat <<EOF\nPATH=/a it's\nEOF\nPATH=/b", ["/b"]),
        ("cat <<-'X'\nPATH=/a\n\tX\n", [START]),
        ("echo 'PATH=/a'; echo \"it's $(echo ')')\"", [START]),
        ("cat <<<x\nPATH=/b", ["/b"]),
        # Other files.
        (". /other", ["/from/other"]),
        ('[ -r /other ] && source "/other"', ["/from/other"]),
        ("if [ $x ]; then . /other; fi", [START, "/from/other"]),
        ("for i in /ot*; do if [ -r $i ]; then . $i; fi; done", ["/from/other"]),
        ("for i in $(run-parts --list --regex '^[a-z]*$' /); do . $i; done", ["/from/other"]),
        (". /missing", [START]),
        (". /profile", [START]),
        (". ${XDG_CONFIG_HOME:-/}other", ["/from/other"]),
        ('eval "$(dircolors -b ~/.dircolors)"; eval $(SHELL=/bin/sh lesspipe)', [START]),
    ],
)
def test_possible_paths(tmp_path, text, paths):
    assert paths_of(follow(tmp_path, text, other="PATH=/from/other\n")) == set(paths)


@pytest.mark.parametrize(
    "text",
    [
        "PATH=$(cat /etc/path)",
        "PATH=`cat /etc/path`",
        "PATH=$UNHEARD/bin:$PATH",
        "[ $x ] && D=/a\nPATH=$D:$PATH",
        "add() { PATH=$1:$PATH; }\nadd $UNHEARD",
        "PATH=(/a /b)",
        "PATH=~bob/bin",
        "eval PATH=$UNHEARD",
        'eval "$(brew shellenv)"',
        "read PATH < /x",
        "unset PATH",
        "printf -v PATH .",
        "trap 'PATH=.' DEBUG",
        ". $UNHEARD/env",
        ". relative",
        ". <(echo PATH=.)",
        "umask $UNHEARD",
        "umask $(cat /etc/mask)",
        "alias umask=true",
        "PATH='/a",
        'echo "$(',
        "cat <<EOF\nPATH=/a",
        "if true; then PATH=/a",
        "fi",
        "\n".join("[ $x ] && PATH=$PATH:/%d" % number for number in range(9)),
    ],
)
def test_what_cannot_be_followed_is_an_error(tmp_path, text):
    with pytest.raises(ReadError, match=r"/profile"):
        paths_of(follow(tmp_path, text))


def test_too_many_files_are_an_error(tmp_path):
    others = {"file-%d" % number: "" for number in range(201)}
    with pytest.raises(ReadError, match="include more than"):
        follow(tmp_path, "for i in /file-*; do . $i; done", **others)


@pytest.mark.parametrize(
    ("text", "umasks"),
    [
        ("", ["0022"]),
        ("umask 027", ["0027"]),
        ("umask 027; umask 0", ["0000"]),
        ("[ $x ] && umask 0", ["0022", "0000"]),
        ("umask u=rwx,g=rx,o=", ["0027"]),
        ("umask -S; umask; umask -p", ["0022"]),
        ("umask -S 077", ["0077"]),
        ("umask g-w,o+r", ["0022"]),
        ("umask 077; umask g+r", ["0037"]),
    ],
)
def test_possible_umasks(tmp_path, text, umasks):
    assert follow(tmp_path, text).get(" umask") == set(umasks)


@pytest.mark.parametrize("symbols", ["u=rwx,g=rx,o=", "u=rw,g=,o=x", "a=r", "ug=rwx,o=rx"])
def test_symbolic_umask_is_that_of_the_shell(symbols):
    told = subprocess.run(["sh", "-c", "umask %s; umask" % symbols], stdout=subprocess.PIPE, check=True)
    assert changed_umask(symbols, "0022") == told.stdout.decode().strip()


SCRIPTS = [
    "PATH=/a\nexport PATH=$PATH:\"/b c\":'/d'",
    'A=/x; B="$A/y"\nPATH=$B:${A}:${C:-/z}:$PATH',
    "if [ -d /nonexistent ]; then PATH=/no; elif [ -d / ]; then PATH=/yes; else PATH=/never; fi",
    "PATH=/a : >/dev/null\ncat <<E >/dev/null\nPATH=/here\nE\n(PATH=/sub)\nPATH=$PATH:/end",
    'case ":$PATH:" in *:/a:*) PATH=/one ;; *) PATH="/two:$PATH" ;; esac',
    "[ -d / ] && { PATH=/group; }; [ -e /nonexistent ] || PATH=$PATH:/or",
    "PATH=/a export X=1; PATH=/b true",
    "f() { PATH=/function; }\nf",
    "for d in /a /b; do PATH=/loop; done",
    "PATH=/x\\\n/y:~/z",
]


def real(shell):
    """Return the path of a shell of this machine."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip("left out on this machine: missing " + shell)
    return program


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_value_in_a_real_shell_is_among_the_possible(tmp_path, script, shell):
    program = real(shell)
    environment = {"PATH": START, "HOME": "/root"}
    told = subprocess.run(
        [program, "-c", script + '\nprintf "%s" "$PATH"'],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    os.makedirs(str(tmp_path / "root"))

    assert told.stdout.decode() in follow(tmp_path, script).get("PATH")


# As Red Hat's /etc/profile.d/lang.sh has it.
EXPORTS = "eval $(sed -r -e 's/^[[:blank:]]*([[:upper:]_]+)=([[:print:][:digit:]\\._-]+|\"[[:print:][:digit:]\\._-]+\")/export \\1=\\2/;t;d' ${config})"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("LANG=en_US.UTF-8\nLC_TIME=C\n", "0022 /usr/bin:/bin"),
        ('LANG="C"; umask 0027\n', "0027 /usr/bin:/bin"),
        ("umask 0\nlang=x\n# LANG=de\nLANG\n", "0022 /usr/bin:/bin"),
        ("  PATH=/first:/usr/bin\n", "0022 /first:/usr/bin"),
        ("", "0022 /usr/bin:/bin"),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_what_sed_makes_of_assignments_is_followed(tmp_path, config, said, shell):
    program = real(shell)
    (tmp_path / "locale").write_text(config)
    script = "umask 0022\nPATH=/usr/bin:/bin\nconfig=%s/locale\n" + EXPORTS
    asked = [program, "-c", script % tmp_path + '\necho "$(umask) $PATH"']
    assert subprocess.run(asked, stdout=subprocess.PIPE, check=True).stdout.decode() == said + "\n"

    state = follow(tmp_path, script % "")
    assert said.split(" ")[0] in state.get(" umask")
    assert said.split(" ")[1] in state.get("PATH")


@pytest.mark.parametrize(
    "text",
    [
        EXPORTS.replace("${config}", "$UNHEARD"),
        EXPORTS.replace("export", "umask"),
        EXPORTS.replace(";t;d", ""),
        EXPORTS.replace("${config}", "/a; cat /b"),
    ],
)
def test_what_else_sed_prints_is_not(tmp_path, text):
    with pytest.raises(ReadError, match=r"/profile"):
        follow(tmp_path, text)
