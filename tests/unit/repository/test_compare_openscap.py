"""The comparison with OpenSCAP: joined by recommendation, the worst counts on either side."""

from __future__ import annotations

import json

import pytest

from tests.tools import compare_openscap

RESULT = """\
<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2">
  <Rule id="org_content_rule_one"><reference href="https://www.cisecurity.org/benchmark/debian_linux/">5.1.1</reference>
    <reference href="https://other.example">9.9</reference></Rule>
  <Rule id="org_content_rule_two"><reference href="https://www.cisecurity.org/benchmark/debian_linux/">5.1.1</reference></Rule>
  <Rule id="org_content_rule_three"><reference href="https://www.cisecurity.org/benchmark/debian_linux/">5.1.10</reference></Rule>
  <Rule id="org_content_rule_four"><reference href="https://www.cisecurity.org/benchmark/debian_linux/">9.9</reference></Rule>
  <TestResult>
    <rule-result idref="org_content_rule_one"><result>pass</result></rule-result>
    <rule-result idref="org_content_rule_two"><result>fail</result></rule-result>
    <rule-result idref="org_content_rule_three"><result>pass</result></rule-result>
    <rule-result idref="org_content_rule_four"><result>notapplicable</result></rule-result>
  </TestResult>
</Benchmark>
"""


def finding(outcome, *numbers, benchmark="debian_12"):
    return {"benchmark": benchmark, "outcome": outcome, "recommendations": list(numbers)}


@pytest.fixture
def files(tmp_path):
    (tmp_path / "result.xml").write_text(RESULT)
    findings = [
        finding("pass", "5.1.10"),
        finding("pass", "5.1.1"),
        finding("pass", "9.9"),
        finding("fail", "5.1.10", benchmark="another"),
    ]
    (tmp_path / "host.json").write_text(json.dumps({"findings": findings}))
    return tmp_path / "result.xml", tmp_path / "host.json"


def test_rows_are_joined_by_number_and_the_worst_counts(files):
    rows = compare_openscap.compare(compare_openscap.scanned(files[0]), compare_openscap.judged(files[1], "debian_12"))

    assert rows == [("5.1.1", "pass", "fail", ("two",)), ("5.1.10", "pass", "pass", ())]


def test_numbers_of_another_version_of_the_benchmark_are_those_that_they_became(files, tmp_path, capsys):
    """The content of Debian 13 leads to the page of all benchmarks, and has the numbers of v1.0.0."""
    result, record = files
    result.write_text(RESULT.replace("/benchmark/debian_linux/", "/cis-benchmarks/"))
    (tmp_path / "moved.json").write_text(json.dumps({"5.1.1": "5.1.10", "5.1.10": ""}))

    assert compare_openscap.main([str(result), str(record), "--moved", str(tmp_path / "moved.json")]) == 0

    assert (
        "of 1 that we call right the scanner passes 0 (0.0 %); it fails:\n  5.1.10       two" in capsys.readouterr().out
    )


def test_what_passes_beside_something_that_fails_is_no_pass_of_ours(tmp_path):
    (tmp_path / "host.json").write_text(json.dumps({"findings": [finding("pass", "1.1"), finding("fail", "1.1")]}))

    assert compare_openscap.judged(tmp_path / "host.json", "debian_12") == {"1.1": "fail"}


def test_share_and_differences_are_printed(files, capsys):
    assert compare_openscap.main([str(path) for path in files]) == 0

    said = capsys.readouterr().out
    assert "of 2 that we call right the scanner passes 1 (50.0 %)" in said
    assert "5.1.1        two" in said


@pytest.mark.parametrize(
    ("benchmark", "expected"),
    [("debian_12", {"5.1.11": "pass"}), ("debian_12@1.1.0", {"5.1.11": "pass"}), ("debian_12@2.0.0", {})],
)
def test_version_may_be_named(tmp_path, benchmark, expected):
    (tmp_path / "record.json").write_text(
        json.dumps({"findings": [finding("pass", "5.1.11", benchmark="debian_12@1.1.0")]})
    )

    assert compare_openscap.judged(tmp_path / "record.json", benchmark) == expected
