"""One Windows-like machine: its registry, services and files, and the way in for Ansible."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, final

from tests.hosts import inventory
from tests.hosts.host import Host
from tests.hosts.windows_tree import MACHINES, PLACE, RELEASES
from tests.windows_host import registry_file
from tests.windows_host.registry_file import MACHINE, USERS, Value
from tests.windows_host.replay import MEMBER_SERVER, Replay

# One SSH server for each release, beside the host's own.
FIRST_PORT = 2200
SEARCH = f"/{PLACE}/bin:/usr/bin:/bin:/usr/lib/wine"
QUIET = {"WINEDEBUG": "-all", "DISPLAY": "", "XDG_RUNTIME_DIR": "/tmp"}
HIVES = ("system.reg", "user.reg", "userdef.reg")
SERVER_CONFIG = """\
Port {port}
PermitRootLogin prohibit-password
PidFile /run/windows-{release}.pid
AcceptEnv LC_ALL GREETING
SetEnv {environment}
"""
# Bash reads this where an SSH server starts it. Nothing of it is said unless a test asks for it.
GREETING = '[ -z "$GREETING" ] || printf "%s\\n" "$GREETING"\n'
# The current set of controls stands under two names.
SCREENS = tuple(
    rf"hkey_local_machine\system\{controls}\{key}"
    for controls in ("currentcontrolset", "controlset001")
    for key in (r"control\video", r"control\graphicsdrivers", r"enum\display")
)
STARTUP = ("StartupProfileData-", "ModuleAnalysisCache-")
# A program that tells the service manager that it runs, and ends when it is told to.
SERVICE_PROGRAM = r"C:\windows\system32\spoolsv.exe"
SERVICES = rf"{MACHINE}\SYSTEM\CurrentControlSet\Services"
OWN_PROCESS = 0x10
STARTS = {"automatic": 2, "manual": 3, "disabled": 4}
WAIT = """
$ErrorActionPreference = 'Stop'
$until = [datetime]::Now.AddSeconds(60)
while (@(Get-Service -Name {names} | Where-Object Status -ne Running).Count) {{
    if ([datetime]::Now -gt $until) {{ throw 'a service does not start' }}
    Start-Sleep -Milliseconds 50
}}
"""


@final
class WindowsHost:
    """A machine of one release on a booted host. It is as good as new after `renew`."""

    def __init__(self, host: Host, release: str, replay: Replay) -> None:
        self.host = host
        self.release = release
        self.replay = replay
        self.port = FIRST_PORT + RELEASES.index(release)
        self.place = f"/{MACHINES}/{release}"

    @property
    def root(self) -> Path:
        """Where the machine's folder is seen from outside."""
        return self.host.root / MACHINES / self.release

    @property
    def environment(self) -> dict[str, str]:
        """The variables that its programs run with."""
        return {"PATH": SEARCH, "WINEPREFIX": self.place, "REPLAY_SERVER": self.replay.address}

    def start(self) -> None:
        """Boot it, and listen for Ansible."""
        self.host.write("/root/.bashrc", GREETING)
        environment = " ".join(f"{name}={value}" for name, value in self.environment.items())
        config = f"/etc/ssh/windows-{self.release}"
        self.host.write(config, SERVER_CONFIG.format(port=self.port, release=self.release, environment=environment))
        self.host.run(["mkdir", "-p", "/run/sshd"])
        self.host.run(["/usr/sbin/sshd", "-f", config])
        self._boot()

    def renew(self, role: int = MEMBER_SERVER) -> None:
        """Take back what was done to the registry, and what the replay server was told."""
        self.replay.reset(role)
        self._halt()
        for name in HIVES:
            shutil.copyfile(self.host.lower / MACHINES / self.release / name, self.root / name)
        self._boot()

    def wine(self, *argv: str, timeout: float = 60) -> str:
        """Run a program of Windows' or of Wine's, and return what it says."""
        settings = [f"{name}={value}" for name, value in {**self.environment, **QUIET}.items()]
        return self.host.run(["env", *settings, *argv], timeout=timeout).stdout

    def powershell(self, script: str) -> str:
        """Run a script, and return what it says."""
        return self.wine("powershell", "-NoProfile", "-NonInteractive", "-Command", script)

    def put(
        self,
        values: Mapping[tuple[str, str], Value | None],
        keys: Collection[str] = (),
        without: Collection[str] = (),
    ) -> None:
        """Set values of the registry (see `registry_file.text`), all in one import."""
        path = self.root / "import.reg"
        path.write_bytes(registry_file.text(values, keys, without).encode("utf-16"))
        self.wine("wine", "regedit", "/S", f"Z:{self.place}/import.reg".replace("/", "\\"))
        path.unlink()

    def put_users(self, hives: Mapping[str, Mapping[tuple[str, str], Value | None]]) -> None:
        """Load the hives of users: SID -> (key below the hive, name) -> value. They are gone with the next `renew`."""
        values = {(rf"{USERS}\{sid}\{key}", name): value for sid, hive in hives.items() for (key, name), value in hive.items()}  # fmt: skip
        self.put(values, keys=[rf"{USERS}\{sid}" for sid in hives])

    def put_services(self, services: Mapping[str, tuple[str, bool] | None]) -> None:
        """Have services that start so (automatic, manual, disabled) and run or do not, and others not at all. Boots; hives of users are gone.

        One runs that is started while Windows boots; how it is to start is changed afterwards, as an administrator would.
        """
        values = {}
        for name, service in services.items():
            if service is not None:
                start, runs = service
                made = {
                    "Start": Value("REG_DWORD", 2 if runs else STARTS[start]),
                    "Type": Value("REG_DWORD", OWN_PROCESS),
                    "ErrorControl": Value("REG_DWORD", 1),
                    "ObjectName": Value("REG_SZ", "LocalSystem"),
                    "ImagePath": Value("REG_EXPAND_SZ", SERVICE_PROGRAM),
                }
                values.update({(rf"{SERVICES}\{name}", key): value for key, value in made.items()})
        # An entry that Wine has is not mixed with ours.
        self.put(values, without=[rf"{SERVICES}\{name}" for name in services])
        self._halt()
        self._boot()
        running = {name: service[0] for name, service in services.items() if service is not None and service[1]}
        if running:
            script = WAIT.format(names=_listed(running))
            for start in {*running.values()} - {"automatic"}:
                names = _listed([name for name, wanted in running.items() if wanted == start])
                script += f"foreach ($name in {names}) {{ Set-Service -Name $name -StartupType {start.title()} }}\n"
            self.powershell(script)

    def exported(self) -> dict[str, str]:
        """Return the whole registry: what `reg export` writes of each key, but for what Wine writes of screens whenever a program begins."""
        found = {}
        for hive in ("HKLM", "HKU"):
            path = self.root / f"{hive}.reg"
            self.wine("wine", "reg", "export", hive, f"Z:{self.place}/{hive}.reg".replace("/", "\\"), "/y")
            for section in path.read_text(encoding="utf-16").split("\n[")[1:]:
                key, _bracket, values = section.partition("]\n")
                if not key.lower().startswith(SCREENS):
                    found[key] = values.strip()
            path.unlink()
        return found

    def files(self) -> dict[str, tuple[int, int]]:
        """Return size and time of change of each file on C:, by path (of folders nothing), but for what PowerShell keeps for its next start."""
        drive = self.root / "drive_c"
        found = {}
        for path in drive.rglob("*"):
            if path.name.startswith(STARTUP):
                continue
            status = path.lstat()
            found[str(path.relative_to(drive))] = (0, 0) if path.is_dir() else (status.st_size, status.st_mtime_ns)
        return found

    def variables(self, **added: str) -> dict[str, Any]:
        """Return the variables with which Ansible reaches it. ``added``: variables of the environment that SSH takes along."""
        reached = inventory.variables(self.host)
        del reached["ansible_python_interpreter"]
        taken = "".join(f" -o 'SetEnv={name}=\"{value}\"'" for name, value in added.items())
        # Who comes back by a connection that is there comes with its variables.
        control = f"{self.host.control}/{self.port}-{time.monotonic_ns()}"
        return {
            **reached,
            "ansible_port": self.port,
            "ansible_shell_type": "powershell",
            "ansible_ssh_common_args": inventory.CONNECTION_OPTIONS + taken,
            "ansible_ssh_args": f"-o ControlMaster=auto -o ControlPersist=60s -o ControlPath={control}",
        }

    def _boot(self) -> None:
        # What goes on in the background would keep the pipe of an output open.
        self.wine("sh", "-c", "wineserver --persistent >/dev/null 2>&1 && wine cmd /c ver >/dev/null 2>&1")

    def _halt(self) -> None:
        # It writes what it has of the registry, and ends all programs.
        self.wine("wineserver", "--kill")
        self.wine("wineserver", "--wait")


def drive_of(host: Host, release: str) -> Path:
    """Return where a machine's C: is seen from outside."""
    return host.root / MACHINES / release / "drive_c"


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
