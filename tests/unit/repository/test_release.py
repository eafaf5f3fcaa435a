"""A release is what is committed, under a version that is new, with what belongs to it and nothing else."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.tools.lock import LINES
from tests.tools.release import __main__ as releasing
from tests.tools.release import archive as archives
from tests.tools.release import checkout as checkouts
from tests.tools.release import docsite, environments, importer, lines
from tests.tools.release.checkout import Refused

DAY = 1_700_000_000  # 2023-11-14


def git(root, *arguments):
    who = (
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.org",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "tag.gpgsign=false",
    )
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(root), "GIT_COMMITTER_DATE": f"@{DAY} +0000"}
    subprocess.run(["git", *who, *arguments], cwd=root, env=environment, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A small collection whose first release is to be made."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    root = tmp_path / "checkout"
    for name, text in {
        "galaxy.yml": "namespace: hipaa\nname: cis\nversion: 1.2.0\n",
        "changelogs/changelog.yaml": "ancestor: null\nreleases: {}\n",
        "changelogs/fragments/first.yml": "minor_changes: [a - b.]\n",
        "plugins/a.py": "",
        ".gitignore": "tmp\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "First")
    return root


def commit(root, **files):
    for name, text in files.items():
        path = root / name
        path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "More")


def test_release_is_of_the_version_in_galaxy_yml_and_the_day_of_its_commit(checkout):
    found = checkouts.look_at(checkout, trial=False)

    assert (found.version, found.day) == ("1.2.0", "2023-11-14")
    assert "plugins/a.py" in found.tracked


def test_source_date_epoch_goes_before_the_commit(checkout, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert checkouts.look_at(checkout, trial=False).day == "1970-01-02"

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(Refused, match="SOURCE_DATE_EPOCH is yesterday"):
        checkouts.look_at(checkout, trial=False)


@pytest.mark.parametrize("name", ["plugins/a.py", "plugins/new.py"])
def test_what_is_not_committed_is_named_and_refused(checkout, name):
    (checkout / name).write_text("changed", encoding="utf-8")

    with pytest.raises(Refused, match=f"not committed: {name}") as refused:
        checkouts.look_at(checkout, trial=False)
    assert "--trial" in str(refused.value)


def test_trial_takes_what_is_tracked_as_it_is_and_nothing_that_lies_about(checkout, tmp_path):
    (checkout / "plugins/a.py").write_text("changed", encoding="utf-8")
    (checkout / "plugins/new.py").write_text("", encoding="utf-8")
    (checkout / ".gitignore").unlink()
    place = tmp_path / "copy"
    place.mkdir()
    checkouts.copy(checkouts.look_at(checkout, trial=True), place)

    assert (place / "plugins/a.py").read_text(encoding="utf-8") == "changed"
    assert not (place / "plugins/new.py").exists()


def test_ignored_files_are_no_change_and_are_not_copied(checkout, tmp_path):
    (checkout / "tmp").mkdir()
    (checkout / "tmp/secret").write_text("", encoding="utf-8")
    place = tmp_path / "copy"
    place.mkdir()
    checkouts.copy(checkouts.look_at(checkout, trial=False), place)

    assert not (place / "tmp").exists()


@pytest.mark.parametrize("tag", ["1.2.0", "v1.2.0"])
def test_version_whose_tag_is_on_another_commit_is_refused(checkout, tag):
    git(checkout, "tag", "--annotate", "--message", "released", tag)
    assert checkouts.look_at(checkout, trial=False).version == "1.2.0"

    commit(checkout, **{"plugins/a.py": "new"})
    with pytest.raises(Refused, match=f"the tag {tag} is on another commit"):
        checkouts.look_at(checkout, trial=False)


def test_fragments_after_their_version_was_released_ask_for_a_higher_one(checkout):
    commit(checkout, **{"changelogs/changelog.yaml": "releases: {1.2.0: {}}\n"})

    with pytest.raises(
        Refused, match=r"the changelog has 1\.2\.0 already, and 1 fragments .*first\.yml.*raise `version`"
    ):
        checkouts.look_at(checkout, trial=False)


def test_nothing_new_is_no_release(checkout):
    commit(checkout, **{"changelogs/fragments/first.yml": None})

    with pytest.raises(Refused, match=r"nothing says what is new in 1\.2\.0"):
        checkouts.look_at(checkout, trial=False)


def test_changelog_that_was_made_before_is_taken(checkout):
    commit(checkout, **{"changelogs/fragments/first.yml": None, "changelogs/changelog.yaml": "releases: {1.2.0: {}}\n"})
    found = checkouts.look_at(checkout, trial=False)

    assert checkouts.make_changelog(found, checkout) is False


@pytest.mark.parametrize("version", ["1.2", "v1.2.0", "next"])
def test_version_that_galaxy_does_not_take_is_refused(checkout, version):
    commit(checkout, **{"galaxy.yml": f"version: {version}\n"})

    with pytest.raises(Refused, match=r"write it as 1\.2\.3"):
        checkouts.look_at(checkout, trial=False)


def test_missing_git_is_named(checkout, monkeypatch):
    monkeypatch.setenv("PATH", str(checkout))

    with pytest.raises(Refused, match="git is missing"):
        checkouts.look_at(checkout, trial=False)


def test_old_python_is_told_which_one_is_needed(checkout, monkeypatch):
    monkeypatch.setattr(environments.sys, "version_info", (3, 10, 1))

    with pytest.raises(Refused, match=r"with Python 3\.11 or newer.*make clean setup PYTHON="):
        environments.tools(checkout)


def test_missing_pythons_are_named_with_the_line_that_needs_them():
    assert lines.missing({"2.19": "/usr/bin/python3"}) == [
        "ansible-core 2.16 needs Python 3.10",
        "ansible-core 2.21 needs Python 3.12 or 3.13 or 3.14",
    ]
    assert lines.missing(dict.fromkeys(LINES, "/usr/bin/python3")) == []


def test_release_is_refused_before_anything_is_built_where_a_python_is_missing(checkout, monkeypatch):
    monkeypatch.setattr(releasing.lines, "interpreters", lambda: {"2.19": "/usr/bin/python3"})

    with pytest.raises(Refused, match=r"not on this machine: ansible-core 2\.16 needs Python 3\.10"):
        releasing.make(releasing.options_of([]), checkout)
    assert not (checkout / "build").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--without", "site"], "--without needs --trial"),
        (["--repository", "http://example.org/x"], "begins with https://"),
        (["--repository", "https://me:token@example.org/x"], "neither a user"),
        (["--repository", "https://example.org/x?token=1"], "nor a query"),
    ],
)
def test_options_that_make_no_release_are_refused_without_being_repeated(arguments, said, capsys):
    with pytest.raises(SystemExit):
        releasing.options_of(arguments)

    told = capsys.readouterr().err
    assert said in told
    assert "token" not in told


SIZES = {"MANIFEST.json": 1, "FILES.json": 1, "CHANGELOG.md": 1, "plugins/a.py": 10}
TRACKED = ("plugins/a.py", "tests/unit/test_a.py", "Makefile")


def test_archive_with_what_belongs_there_has_no_fault():
    assert archives.faults_of(SIZES, TRACKED) == []


@pytest.mark.parametrize(
    ("sizes", "fault"),
    [
        ({**SIZES, "tests/unit/test_a.py": 1}, "tests/unit/test_a.py got into it"),
        ({**SIZES, "plugins/untracked.py": 1}, "plugins/untracked.py got into it"),
        ({**SIZES, "dump.tar": 1}, "dump.tar got into it"),
        ({name: size for name, size in SIZES.items() if name != "plugins/a.py"}, "it lacks plugins/a.py"),
        ({name: size for name, size in SIZES.items() if name != "CHANGELOG.md"}, "it lacks CHANGELOG.md"),
        ({**SIZES, "plugins/a.py": 600_000}, "plugins/a.py has 600000 bytes"),
    ],
)
def test_archive_that_has_more_or_less_than_belongs_there_is_refused(sizes, fault):
    (found,) = archives.faults_of(sizes, TRACKED)

    assert fault in found


def built(folder: Path, names, when) -> Path:
    """What ansible-galaxy builds, in an order and at a time."""
    files = json.dumps({"files": [{"name": name} for name in names], "format": 1}).encode()
    manifest = json.dumps({"file_manifest_file": {"name": "FILES.json", "chksum_sha256": "old"}}).encode()
    folder.mkdir()
    with tarfile.open(folder / "a.tar.gz", "w:gz") as tar:
        for name, content in [
            ("MANIFEST.json", manifest),
            ("FILES.json", files),
            *((name, name.encode()) for name in names),
        ]:
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uname = len(content), when, "builder"
            tar.addfile(member, io.BytesIO(content))
    return folder / "a.tar.gz"


def test_same_files_give_the_same_bytes_whenever_and_in_whatever_order_they_were_built(tmp_path):
    one, other = built(tmp_path / "one", ["b.py", "a.py"], 1), built(tmp_path / "other", ["a.py", "b.py"], 2)
    assert one.read_bytes() != other.read_bytes()
    for archive in (one, other):
        archives.settle(archive, DAY)

    assert one.read_bytes() == other.read_bytes()
    with tarfile.open(one) as tar:
        assert tar.getnames() == ["FILES.json", "MANIFEST.json", "a.py", "b.py"]
        assert {(member.mtime, member.uname) for member in tar.getmembers()} == {(DAY, "")}
        tar.extract("FILES.json", tmp_path)
    listed = (tmp_path / "FILES.json").read_bytes()
    assert archives.manifest(one)["file_manifest_file"]["chksum_sha256"] == hashlib.sha256(listed).hexdigest()


def test_checksums_have_plain_names_and_are_taken_by_sha256sum(tmp_path):
    for name in ("a.tar.gz", "b.tar.gz"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    releasing._checksums(tmp_path)

    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path, check=True, capture_output=True)
    assert [line.split()[1] for line in (tmp_path / "SHA256SUMS").read_text().splitlines()] == ["a.tar.gz", "b.tar.gz"]


def test_finished_release_takes_the_place_of_an_earlier_one_as_a_whole(tmp_path):
    made, output = tmp_path / "made", tmp_path / "build/1.0.0"
    made.mkdir()
    (made / "new").touch()
    output.mkdir(parents=True)
    (output / "old").touch()
    releasing._publish(made, output)

    assert [path.name for path in output.iterdir()] == ["new"]


def test_link_to_a_folder_leads_to_a_page_that_lists_it(tmp_path):
    copy, pages = tmp_path / "copy", tmp_path / "pages"
    (copy / "docs/adr").mkdir(parents=True)
    (copy / "README.md").write_text(
        "[all](docs/adr/) and [one](docs/adr/1.md#why) and [far](https://example.org/)", encoding="utf-8"
    )
    (copy / "docs/adr/1.md").touch()
    pages.mkdir()
    docsite._copy_guides(copy, pages)

    text = (pages / "README.md").read_text(encoding="utf-8")
    assert text == "[all](docs/adr/index.md) and [one](docs/adr/1.md#why) and [far](https://example.org/)"
    assert "- [1.md](1.md)" in (pages / "docs/adr/index.md").read_text(encoding="utf-8")


def test_run_without_a_whole_report_or_with_hardly_a_finding_is_no_success(tmp_path):
    def left(report, audited, findings):
        (tmp_path / "report.html").write_text(report, encoding="utf-8")
        totals = {"audited": audited, "findings": findings}
        (tmp_path / "summary.json").write_text(json.dumps({"totals": totals}), encoding="utf-8")
        return tmp_path

    assert lines.findings_in(left("<html></html>\n", 1, {"pass": 60, "fail": 40})) == 100
    with pytest.raises(Refused, match="no whole report"):
        lines.findings_in(left("<html>", 1, {"pass": 100}))
    with pytest.raises(Refused, match="of 1 hosts with 3 findings"):
        lines.findings_in(left("<html></html>", 1, {"pass": 3}))
    with pytest.raises(Refused, match="of 0 hosts"):
        lines.findings_in(left("<html></html>", 0, {"pass": 100}))


def test_importer_takes_an_archive_that_ansible_lint_had_no_time_for_and_a_release_does_not():
    done = "Linting collection via ansible-lint 1\n...ansible-lint run complete\n"
    assert importer.complaints_of(done) == []
    assert importer.complaints_of(f"WARNING: roles/x: no name\n{done}") == ["roles/x: no name"]
    assert importer.complaints_of("Importing\n") == ["it did not run ansible-lint"]
    with pytest.raises(Refused, match="did not end in the three minutes"):
        importer.complaints_of(f"ERROR: Timeout on call to ansible-lint\n{done}")
