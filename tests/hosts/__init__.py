"""Disposable booted Debian hosts for tests: systemd-nspawn containers on overlayfs.

`pool.Pool` starts them, `host.Host` is one of them, `plugin` holds the pytest fixtures and
`python -m tests.hosts` is the command line that Molecule's playbooks call.
"""
