"""Entry point of `python -m tests.hosts`."""

from __future__ import annotations

import sys

from tests.hosts.cli import main

sys.exit(main())
