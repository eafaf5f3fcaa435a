"""What remediation writes is what the audit then finds right."""

from __future__ import annotations

import pytest

from tests.scenarios.linux import all_scenarios, apply_wanted, plant
from tests.unit.both_sides.test_scenario_verdicts import verdict

pytestmark = pytest.mark.root


CASES = [(kind, case) for kind, case in all_scenarios() if case.wanted is not None]


@pytest.mark.parametrize(("kind", "scenario"), CASES, ids=[f"{kind}-{case.id}" for kind, case in CASES])
def test_verdict_passes_after_the_apply(kind, scenario, tmp_path):
    for name, text in (("passwd", "root:x:0:0:root:/root:/bin/bash\n"), ("group", "root:x:0:\nadm:x:4:\n")):
        path = tmp_path / "etc" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    plant(str(tmp_path), scenario)

    answer = apply_wanted(str(tmp_path), kind, scenario)

    assert verdict(kind, scenario, str(tmp_path)) == "pass", answer
