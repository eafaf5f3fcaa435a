"""The start-up files of shells as Debian 12 brings them, shortened."""

from __future__ import annotations

PROFILE = """\
if [ "$(id -u)" -eq 0 ]; then
  PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
else
  PATH="/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
fi
export PATH
if [ "${PS1-}" ]; then
  if [ "${BASH-}" ] && [ "$BASH" != "/bin/sh" ]; then
    if [ -f /etc/bash.bashrc ]; then
      . /etc/bash.bashrc
    fi
  else
    if [ "$(id -u)" -eq 0 ]; then PS1='# '; else PS1='$ '; fi
  fi
fi
if [ -d /etc/profile.d ]; then
  for i in /etc/profile.d/*.sh; do
    if [ -r $i ]; then
      . $i
    fi
  done
  unset i
fi
"""
BASHRC = '[ -z "${PS1-}" ] && return\nshopt -s checkwinsize\n'
OWN_PROFILE = (
    'if [ -n "$BASH_VERSION" ]; then\n    if [ -f "$HOME/.bashrc" ]; then\n        . "$HOME/.bashrc"\n    fi\nfi\n'
)
OWN_BASHRC = "case $- in\n    *i*) ;;\n      *) return;;\nesac\nHISTSIZE=1000\n"
BASE = {
    "/etc/profile": PROFILE,
    "/etc/bash.bashrc": BASHRC,
    "/etc/skel/.profile": OWN_PROFILE,
    "/etc/skel/.bashrc": OWN_BASHRC,
    "/root/.profile": OWN_PROFILE,
    "/root/.bashrc": OWN_BASHRC,
}
