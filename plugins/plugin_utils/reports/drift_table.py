# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a run changed, as a table (``drift.csv``): a row for each host and rule, and one for each host that was first seen."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from typing import TextIO

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.findings_csv import cell

FILE = "drift.csv"
COLUMNS = ("kind", "host", "rule", "title", "severity", "before", "now")


def writer(stream: TextIO) -> Callable[[Mapping[str, str]], None]:
    """Write the head, and return what writes a row. No cell begins like a formula."""
    table = csv.writer(stream)
    table.writerow(COLUMNS)
    return lambda row: table.writerow([cell(row[column]) for column in COLUMNS])
