"""What Ansible sends to a host for a module: the archive with all code that the module imports, lazily or not."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

COLLECTION = "ansible_collections/hipaa/cis/plugins/"
_ARCHIVE = re.compile(r"""(?:ZIPDATA = |zip_data=)['"]+([A-Za-z0-9+/=\s]+)['"]""")


def payload(module: str, arguments: Mapping[str, object], folder: Path) -> bytes:
    """Have Ansible run a module on this machine and return the archive it sent, a zip file. ``folder``: an empty one to work in."""
    program = str(Path(sys.executable).with_name("ansible"))
    variables = json.dumps({"ansible_python_interpreter": sys.executable, "ansible_remote_tmp": str(folder)})
    command = [program, "localhost", "-c", "local", "-m", module, "-a", json.dumps(arguments), "-e", variables]
    environment = {**os.environ, "ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_REMOTE_TMP": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (sent,) = folder.rglob("AnsiballZ_*.py")
    found = _ARCHIVE.search(sent.read_text(encoding="utf-8"))
    assert found is not None, f"no archive in what Ansible sent: {sent.read_text(encoding='utf-8')[:2000]}"
    return base64.b64decode(found.group(1))


def our_files(archive: bytes) -> set[str]:
    """Return the files of this collection in an archive, from ``module_utils/`` or ``modules/`` on."""
    names = (
        name
        for name in zipfile.ZipFile(io.BytesIO(archive)).namelist()
        if name.startswith(COLLECTION) and not name.endswith("__init__.py")
    )
    return {name[len(COLLECTION) :] for name in names}
