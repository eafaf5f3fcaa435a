# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States of packages in the database of dpkg."""

from __future__ import annotations

# Files of these packages are on the host and may run; what dpkg only remembers is not installed (dpkg-query(1)).
PRESENT = frozenset({"installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"})
GONE = frozenset({"not-installed", "config-files"})
