"""What Ansible makes of a module is kept, and used where it would make the same again; nowhere else."""

from __future__ import annotations

import os

import pytest
from ansible import constants
from ansible.plugins.loader import module_utils_loader

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import module_cache

FILE = module_cache.PREFIX + "linux_observe-ZIP_DEFLATED-none"
MADE = b"\x80what Ansible makes"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The user's cache, and what modules are made of, both of this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "reader.py").write_text("A = 1\n")
    monkeypatch.setattr(module_cache, "FOLDERS", (tmp_path / "ours",))
    return tmp_path / "cache" / "hipaa-cis"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function: one run of Ansible that needs the module; returns whether it found it made already."""
    numbers = iter(range(100))

    def go(make=MADE, module="hipaa.cis.linux_observe", file=FILE, meanwhile=lambda: None):
        folder = tmp_path / f"run-{next(numbers)}"
        folder.mkdir()
        monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(folder))
        place = folder / "ansiballz_cache"
        with module_cache.module_kept(module):
            found = (place / file).read_bytes() if (place / file).exists() else None
            if found is None:
                place.mkdir(exist_ok=True)
                (place / file).write_bytes(make)
                (place / (file + ".lock")).touch()
                meanwhile()
        return found

    return go


def test_a_second_run_finds_what_the_first_has_made(run, cache):
    assert run() is None
    assert run() == MADE
    (kept,) = cache.glob("module-linux_observe-*.txt")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_within_a_run_it_is_ansible_that_keeps_it(run, monkeypatch):
    run()
    monkeypatch.setattr(module_cache, "_digest", lambda: pytest.fail("looked at once more"))
    with module_cache.module_kept("hipaa.cis.linux_observe"):
        pass


@pytest.mark.parametrize("change", ["content", "new file", "gone", "moved", "ansible", "ansible's files"])
def test_what_is_made_of_other_files_is_made_anew(run, tmp_path, monkeypatch, change):
    site = tmp_path / "site"
    site.mkdir()
    (site / "basic.py").write_text("B = 1\n")
    monkeypatch.setattr(module_cache, "_ansibles", lambda: [site])
    run()
    reader = tmp_path / "ours" / "reader.py"
    if change == "content":
        status = reader.stat()
        reader.write_text("A = 2\n")
        # Neither its size nor its time tells.
        os.utime(reader, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif change == "new file":
        (tmp_path / "ours" / "new.py").touch()
    elif change == "gone":
        reader.unlink()
    elif change == "moved":
        monkeypatch.setattr(module_cache, "OURS", tmp_path / "elsewhere")
    elif change == "ansible":
        monkeypatch.setattr(module_cache, "ANSIBLE_VERSION", "2.99.0")
    else:
        (site / "basic.py").write_text("B = 1 # other\n")
    assert run() is None


def test_a_site_may_put_its_own_in_the_place_of_ansibles_files():
    # Ansible sends what it finds in these folders first (ANSIBLE_MODULE_UTILS, and beside a playbook).
    module_utils_loader.add_directory("/site/module_utils")
    assert any(path.as_posix().endswith("/ansible/module_utils") for path in module_cache._ansibles())


def test_what_was_made_of_files_that_changed_meanwhile_is_not_kept(run, tmp_path):
    run(meanwhile=lambda: (tmp_path / "ours" / "reader.py").write_text("A = 3\n"))
    (tmp_path / "ours" / "reader.py").write_text("A = 1\n")
    assert run() is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda _text: "",
        lambda text: text[:-20],
        lambda text: text.replace('"data": "', '"data": "AAAA'),
        lambda _text: "[1]",
    ],
)
def test_what_was_kept_and_is_damaged_is_not_used_and_made_anew(run, cache, damage):
    run()
    (kept,) = cache.glob("module-*.txt")
    kept.write_text(damage(kept.read_text()))
    assert run() is None
    assert run() == MADE


def test_no_name_leads_out_of_the_folder(run, cache):
    run()
    (kept,) = cache.glob("module-*.txt")
    kept.write_text(kept.read_text().replace(FILE, FILE + "/../../x"))
    assert run() is None


def test_what_others_can_write_is_not_used(run, cache):
    run()
    (kept,) = cache.glob("module-*.txt")
    kept.chmod(0o666)
    assert run() is None


def test_a_link_in_the_place_of_what_was_kept_is_not_followed(run, cache, tmp_path):
    run()
    (kept,) = cache.glob("module-*.txt")
    kept.rename(tmp_path / "elsewhere.txt")
    kept.symlink_to(tmp_path / "elsewhere.txt")
    assert run() is None


def test_of_modules_of_others_nothing_is_kept(run, cache):
    assert run(module="pump_observe") is None
    assert not cache.exists()


def test_a_file_that_cannot_be_read_keeps_nothing(run, tmp_path, cache):
    (tmp_path / "ours" / "gone.py").symlink_to(tmp_path / "nowhere")
    assert run() is None
    assert not cache.exists()


def test_the_next_module_in_the_same_run_has_its_own(run):
    run()
    assert run(module="hipaa.cis.linux_apply", file=FILE.replace("linux_observe", "linux_apply")) is None
