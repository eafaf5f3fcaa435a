#!/bin/sh
# Prints the path of a Python that can make the virtual environment, or says on standard error what to install.
#
# The first candidate that is new enough wins: $PYTHON, python3 of the PATH, then newer names of the PATH, then pyenv's.
# A candidate must also run: the command python3.12 of a version manager exists even where no such version is chosen.
set -u

oldest="3.10"
problem=""

can_run() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

can_make_venv() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

candidates() {
    if [ -n "${PYTHON:-}" ]; then
        echo "$PYTHON"
        return
    fi
    echo python3
    for minor in 14 13 12 11 10; do
        echo "python3.$minor"
    done
    for minor in 14 13 12 11 10; do
        for path in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3."$minor".*/bin/python3; do
            [ -x "$path" ] && echo "$path"
        done
    done
}

for candidate in $(candidates); do
    if ! command -v "$candidate" >/dev/null 2>&1; then
        [ -n "${PYTHON:-}" ] && problem="  there is no $candidate
"
        continue
    fi
    if ! can_run "$candidate"; then
        found=$("$candidate" --version 2>&1 | head -n 1)
        problem="${problem}  $candidate is too old or does not run: $found
"
    elif ! can_make_venv "$candidate"; then
        problem="${problem}  $candidate lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv
"
    else
        command -v "$candidate"
        exit 0
    fi
done

{
    echo "Python $oldest or newer with its venv module is needed on the controller, and none was found."
    printf '%s' "$problem"
    echo "Install one (Debian 12, Ubuntu 22.04 and newer: apt-get install python3 python3-venv; RHEL 8 and 9: dnf install python3.12),"
    echo "or name one: make setup PYTHON=/path/to/python3"
} >&2
exit 1
