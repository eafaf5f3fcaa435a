"""What is wrong in a site's own content is told with its place: mistakes put into the example of an EHR vendor's server."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import lint
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError

EXAMPLE = Path(__file__).parents[4] / "docs/examples/ehr_application"
NAME = "ehr_application.yml"
# File, what stands there, what stands there by mistake, what is said of it; the first three are shown on the example's page.
MISTAKES = {
    "unknown-rule": (
        "benchmarks",
        "[ehr_log_folder]",
        "[ehr_log_foldr]",
        "unknown rule 'ehr_log_foldr'. Did you mean ehr_log_folder?",
    ),
    "outside-its-bound": (
        "parameters",
        "default: 10",
        "default: 30",
        "the default of 'ehr_session_minutes' is outside its own bound",
    ),
    "id-of-a-shipped-rule": (
        "rules",
        "id: ehr_service_account",
        "id: ssh_banner",
        "the id 'ssh_banner' is taken by catalog/rules/linux/ssh_server_sessions.yml",
    ),
    "bound-of-a-shipped-parameter": (
        "benchmarks",
        "supplement: true",
        "parameters:\n  shell_timeout: {default: 1800}\nsupplement: true",
        "the default of 'shell_timeout' is outside its own bound",
    ),
    "shipped-parameter": (
        "parameters",
        "id: ehr_database_ports",
        "id: shell_timeout",
        "the id 'shell_timeout' is taken by catalog/parameters/linux_access.yml",
    ),
    "shipped-benchmark": (
        "benchmarks",
        'id: ehr_application\ntitle: Example EHR application server\nversion: "1.0.0"',
        'id: debian_12\ntitle: Example EHR application server\nversion: "1.1.0"',
        "the benchmark 'debian_12@1.1.0' stands in another file too",
    ),
    "unknown-kind": (
        "rules",
        "kind: listening_socket",
        "kind: listening_sockets",
        "unknown kind 'listening_sockets'. Did you mean listening_socket?",
    ),
    "unknown-mechanism": (
        "rules",
        "mechanism: application_timeout",
        "mechanism: aplication_timeout",
        "Did you mean application_timeout?",
    ),
}


@pytest.fixture
def site(tmp_path):
    shutil.copytree(EXAMPLE / "catalog", tmp_path / "catalog")
    return tmp_path / "catalog"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_told_with_its_place(site, mistake):
    section, old, new, said = MISTAKES[mistake]
    path = site / section / NAME
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))

    with pytest.raises(CatalogError) as caught:
        load_catalog([str(site)])
    (line,) = [line for line in caught.value.problems if said in line]
    number = re.match(rf"catalog/{section}/{NAME}:(\d+): ", line)
    assert number is not None
    first = text[: text.index(old)].count("\n") + 1
    assert first - 3 <= int(number[1]) <= first + 3
    if mistake in list(MISTAKES)[:3]:
        page = (EXAMPLE / "README.md").read_text(encoding="utf-8")
        assert any(line.startswith(shown) for shown in re.findall("^    (catalog/.*)", page, re.MULTILINE))


def test_part_of_a_version_that_is_not_there_names_those_that_are(site):
    (site / "benchmarks/more.yml").write_text(
        'benchmark: debian_12@1.9.9\nrecommendations:\n  - {id: "90.1", level: {server: 1}, rules: [ehr_log_folder]}\n'
    )

    with pytest.raises(
        CatalogError, match=r"benchmarks/more\.yml:1: unknown benchmark 'debian_12@1\.9\.9'.*debian_12@"
    ):
        load_catalog([str(site)])


def test_part_adds_to_the_one_version_that_it_names(site):
    (site / "benchmarks/more.yml").write_text(
        'benchmark: debian_12@1.1.0\nrecommendations:\n  - {id: "90.1", level: {server: 1}, rules: [ehr_log_folder]}\n'
    )
    known = load_catalog([str(site)])

    assert [one["benchmark"] for one in known.rule_recommendations("ehr_log_folder")] == [
        "debian_12@1.1.0",
        "ehr_application@1.0.0",
    ]


def test_example_has_nothing_to_complain_about(capsys):
    assert lint.main([str(EXAMPLE / "catalog")]) == 0, capsys.readouterr()
