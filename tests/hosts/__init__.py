"""Disposable booted Debian hosts for tests: systemd-nspawn containers on overlayfs, and a virtual machine.

`pool.Pool` starts them, `host.Host` is one of them, `plugin` holds the pytest fixtures and
`python -m tests.hosts` is the command line that Molecule's playbooks call. `machine.Machine` has the same
methods and a kernel of its own; `machine_base.MachineBase` boots it once and keeps it.
"""
