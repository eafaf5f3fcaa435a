# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a finished run leaves for its history: what it found in short, and its link in the chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import pieces
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.outcomes import FILE, Outcomes, fixed_rules
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore


def finish(store: RunStore, summary: Mapping[str, Any], seen: Outcomes) -> None:
    """Leave what ``summary`` and ``seen`` were made of, where it is not there yet. Raises `HipaaCisError`.

    Of a run that others were merged into, which has no records, only the chain is told.
    """
    known = {}
    if any((store.folder / "hosts").iterdir()):
        document = seen.as_dict(summary, fixed_rules(store.remediations()))
        try:
            with store.writing(FILE) as stream:
                stream.writelines(pieces(document))
        except OSError as problem:
            raise HipaaCisError(f"{store.folder / FILE} cannot be written: {problem.strerror or problem}.") from None
        known = {host["file"]: host["digest"] for host in summary["hosts"] if "digest" in host}
    chain.seal(store, known)
