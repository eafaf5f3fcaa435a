"""What the tests of single writers share."""

from __future__ import annotations

import pytest


@pytest.fixture
def planned(tmp_path):
    """A function that plans one change on a tree: (state of the change, its steps).

    ``files``: path -> text; ``answers``: command line -> what it prints or its result; all others print nothing. ``watch``: called with each.
    """
    # Not above: this file is read before the settings by which Ansible finds the collection are made.
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
    from tests.scenarios.linux import ask

    def call(kind, address, wanted, files=None, answers=None, watch=None, **more):
        for path, text in (files or {}).items():
            place = tmp_path / path[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)

        def runner(argv, _timeout):
            if watch is not None:
                watch(argv)
            answer = (answers or {}).get(" ".join(argv), "")
            return answer if isinstance(answer, CommandResult) else CommandResult(0, answer)

        answer = ask(str(tmp_path), runner, {"it": [kind, address, wanted]}, **more)
        return answer["changes"]["it"], answer["steps"]

    return call
