"""Somebody changes a file, or puts another thing in its way, at the worst moment: between a look at it and the change."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import PLANNED_ANEW, WRITERS, Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import files, folders, places
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.execute import Executor
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import PHASE_PACKAGES, Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

pytestmark = pytest.mark.root

SITE = "/etc/sysctl.d/50-site.conf"
SECRET = "root:$y$secret:20000::::::\n"
HOME = "/home/mallory"
MALLORY = 4711
THEIRS = "kernel.theirs = 7\n"


def good(_argv, _timeout):
    return CommandResult()


class At:
    """A watcher that does something once, or ``times``, before the event that begins so."""

    def __init__(self, event, act, times=1):
        self.event, self.act, self.times, self.events = event, act, times, []

    def __call__(self, what):
        self.events.append(what)
        if what.startswith(self.event) and self.times:
            self.times -= 1
            self.act()


@pytest.fixture
def root(tmp_path):
    """A host's tree with a secret of root and the home of somebody who means ill."""
    for path, text, mode in (
        ("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nmallory:x:4711:4711::/home/mallory:/bin/sh\n", 0o644),
        ("/etc/group", "root:x:0:\n", 0o644),
        ("/etc/shadow", SECRET, 0o600),
        (SITE, "net.ipv4.ip_forward = 1\n", 0o644),
        ("/proc/sys/net/ipv4/ip_forward", "1\n", 0o644),
        (HOME + "/conf/dotfile", "hers\n", 0o600),
    ):
        place = tmp_path / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(mode)
    (tmp_path / "var" / "lib").mkdir(parents=True)
    for path in (HOME, HOME + "/conf", HOME + "/conf/dotfile"):
        os.chown(str(tmp_path) + path, MALLORY, MALLORY)
    return str(tmp_path)


def apply(root, watcher=lambda _what: None, runner=good, **changes):
    wanted = changes or {"sysctl": ["sysctl", {"name": "net.ipv4.ip_forward"}, 0]}
    request = {"version": 1, "mode": "apply", "run_id": "run", "group": "plain", "changes": wanted, "options": {}}
    return Apply(parse(json.dumps(request)), root, runner, watcher).answer()


def execute(root, step, watcher=lambda _what: None):
    journal = Journal(root, "run")
    journal.create()
    return Executor(Host(root), good, journal, watcher).execute([step])


def roll_back(root, watcher=lambda _what: None, **keys):
    return Rollback(Host(root), good, Journal(root, "run"), watcher=watcher, **keys).run()


def text(path):
    with open(path) as stream:
        return stream.read()


def append(path):
    with open(path, "a") as stream:
        stream.write(THEIRS)


def replace(path):
    with open(path + ".new", "w") as stream:
        stream.write(text(path) + THEIRS)
    os.replace(path + ".new", path)


@pytest.mark.parametrize("event", ["temporary: ", "replace: "])
@pytest.mark.parametrize("act", [append, replace])
def test_what_came_in_between_is_kept_and_the_change_made_all_the_same(root, event, act):
    answer = apply(root, At(event + SITE, lambda: act(root + SITE)))

    assert answer["changes"]["sysctl"]["state"] == "done", answer
    assert THEIRS in text(root + SITE)
    assert "\nnet.ipv4.ip_forward = 1" not in "\n" + text(root + SITE)
    assert [step["label"] for step in answer["steps"]].count(SITE) == 1
    assert not roll_back(root).conflicts
    assert text(root + SITE) == "net.ipv4.ip_forward = 1\n" + THEIRS


def test_what_an_earlier_step_of_the_same_run_wrote_is_kept(root, monkeypatch):
    """As a package's own script writes into a file that a later step changes."""

    def install(plan, _address, _wanted):
        if THEIRS not in plan.host.read_text(SITE):
            plan.command("install", ["install"], watch=("/etc",), phase=PHASE_PACKAGES)

    def runner(argv, _timeout):
        if list(argv) == ["install"]:
            append(root + SITE)
        return CommandResult()

    monkeypatch.setitem(WRITERS, "package", install)
    sysctl = ["sysctl", {"name": "net.ipv4.ip_forward"}, 0]
    answer = apply(root, runner=runner, package=["package", {}, True], sysctl=sysctl)

    assert {state["state"] for state in answer["changes"].values()} == {"done"}
    assert text(root + SITE).endswith(THEIRS)
    assert "\nnet.ipv4.ip_forward = 1" not in "\n" + text(root + SITE)
    assert [step["label"] for step in answer["steps"]].count("install") == 1
    assert not roll_back(root).problems
    assert text(root + SITE) == "net.ipv4.ip_forward = 1\n"


def test_a_file_that_changes_again_and_again_is_left_alone_and_said(root):
    answer = apply(root, At("replace: " + SITE, lambda: append(root + SITE), times=99))

    state = answer["changes"]["sysctl"]
    assert state["state"] == "failed"
    assert SITE + " was changed by another program" in state["reason"]
    assert "run this again" in state["reason"]
    assert text(root + SITE) == "net.ipv4.ip_forward = 1\n" + THEIRS * (PLANNED_ANEW + 1)
    assert not roll_back(root).conflicts


def test_a_file_that_came_in_between_is_not_written_over(root):
    path = "/etc/motd"
    step = Step("file", path, path=path, content=b"ours\n", changes=["it"], seen={"kind": "absent"})

    result = execute(root, step, At("replace: ", lambda: append(root + path)))

    assert "it" in result.stale
    assert text(root + path) == THEIRS


def test_a_file_that_is_removed_is_still_what_was_to_be_removed(root):
    step = Step("file", SITE, path=SITE, remove=True, changes=["it"])

    result = execute(root, step, At("attributes: ", lambda: append(root + SITE)))

    assert "it" in result.stale
    assert THEIRS in text(root + SITE)


def test_a_failed_check_takes_back_no_content_of_others(root):
    step = Step("file", SITE, path=SITE, content=b"ours\n", check=[["refuse"]], changes=["it"])
    journal = Journal(root, "run")
    journal.create()

    def refuse(_argv, _timeout):
        append(root + SITE)
        return CommandResult(1, "", "no")

    result = Executor(Host(root), refuse, journal).execute([step])

    assert "changed by another program" in result.failed["it"]
    assert text(root + SITE) == "ours\n" + THEIRS
    assert roll_back(root).conflicts


# What somebody may put in the way of the file HOME/conf/dotfile.
def link_to_secret(root):
    os.unlink(root + HOME + "/conf/dotfile")
    os.symlink(root + "/etc/shadow", root + HOME + "/conf/dotfile")


def other_name_of_secret(root):
    os.unlink(root + HOME + "/conf/dotfile")
    os.link(root + "/etc/shadow", root + HOME + "/conf/dotfile")


def folder_is_link(root):
    os.symlink("shadow", root + "/etc/dotfile")
    os.rename(root + HOME + "/conf", root + HOME + "/away")
    os.symlink(root + "/etc", root + HOME + "/conf")


def folder_holds_other_name(root):
    os.rename(root + HOME + "/conf", root + HOME + "/away")
    os.mkdir(root + HOME + "/conf")
    os.link(root + "/etc/shadow", root + HOME + "/conf/dotfile")


def pipe(root):
    os.unlink(root + HOME + "/conf/dotfile")
    os.mkfifo(root + HOME + "/conf/dotfile", 0o600)


SWAPS = [link_to_secret, other_name_of_secret, folder_is_link, folder_holds_other_name, pipe]


def secret_is_safe(root):
    status = os.stat(root + "/etc/shadow")
    return (status.st_mode & 0o7777, status.st_uid, status.st_gid, text(root + "/etc/shadow")) == (0o600, 0, 0, SECRET)


def dotfile_step(**wanted):
    path = HOME + "/conf/dotfile"
    return Step("file", path, path=path, changes=["it"], **wanted)


@pytest.mark.parametrize("swap", SWAPS)
@pytest.mark.parametrize("wanted", [{"mode": 0o644, "uid": MALLORY}, {"content": b"ours\n"}, {"remove": True}])
def test_what_is_swapped_at_the_worst_moment_is_left_alone(root, swap, wanted):
    event = "replace: " if "content" in wanted else "attributes: "

    result = execute(root, dotfile_step(**wanted), At(event, lambda: swap(root)))

    assert not result.done, result
    assert secret_is_safe(root)
    assert not any(name.endswith(".hipaa-cis") for name in os.listdir(root + "/etc"))


@pytest.mark.parametrize("swap", SWAPS)
def test_what_is_swapped_between_plan_and_change_is_left_alone(root, swap):
    status = os.lstat(root + HOME + "/conf/dotfile")
    step = dotfile_step(mode=0o644, seen=files.seen(status))
    swap(root)

    result = execute(root, step)

    assert "it" in {**result.stale, **result.failed}
    assert secret_is_safe(root)


@pytest.mark.parametrize("swap", SWAPS)
@pytest.mark.parametrize("wanted", [{"mode": 0o640}, {"content": b"ours\n"}])
def test_what_is_swapped_while_it_is_rolled_back_is_left_alone(root, swap, wanted):
    os.chmod(root + HOME + "/conf/dotfile", 0o644)
    assert execute(root, dotfile_step(**wanted)).done

    report = roll_back(root, At("restore: ", lambda: swap(root)))

    assert report.problems
    assert secret_is_safe(root)


@pytest.mark.parametrize("swap", [other_name_of_secret, folder_holds_other_name])
def test_other_name_that_looks_like_what_the_run_left_is_not_taken_back(root, swap):
    """Of a file whose permissions alone were changed the content says nothing, so another file may pass for it."""
    os.chmod(root + HOME + "/conf/dotfile", 0o644)
    os.chown(root + HOME + "/conf/dotfile", 0, 0)
    execute(root, dotfile_step(mode=0o600))
    swap(root)

    report = roll_back(root)

    assert "hard link" in report.problems[0]
    assert secret_is_safe(root)


def test_folder_that_is_swapped_is_left_alone(root):
    path = HOME + "/conf"
    os.chmod(root + "/etc", 0o711)

    def swap():
        os.rename(root + path, root + HOME + "/away")
        os.symlink(root + "/etc", root + path)

    step = Step("file", path, path=path, mode=0o777, changes=["it"])
    assert "it" in execute(root, step, At("attributes: ", swap)).stale
    assert os.stat(root + "/etc").st_mode & 0o7777 == 0o711


def test_their_version_is_not_read_through_a_link(root):
    """With force the newer content is kept beside it, for the eyes of its owner: it has to be theirs."""
    execute(root, dotfile_step(content=b"ours\n"))
    with open(root + HOME + "/conf/dotfile", "w") as stream:
        stream.write("hers since\n")
    # A look follows the undo's begin; what is there then is what counts.
    report = roll_back(root, At("undo: ", lambda: link_to_secret(root)), force=True)

    assert secret_is_safe(root)
    kept = root + HOME + "/conf/dotfile.since-run"
    assert not os.path.exists(kept) or SECRET not in text(kept)
    assert not report.kept


def test_temporary_file_that_somebody_keeps_open_is_not_used(root):
    temporary = root + files.temporary_name(HOME + "/conf/dotfile", "run")
    with open(temporary, "w+") as theirs:
        execute(root, dotfile_step(content=b"ours\n"), At("none", lambda: None))
        theirs.write("hers")

    assert text(root + HOME + "/conf/dotfile") == "ours\n"


@pytest.mark.parametrize("roots", [True, False])
def test_link_on_the_way_counts_where_only_root_can_have_made_it(root, monkeypatch, roots):
    os.symlink(root + "/etc", root + "/conf")
    monkeypatch.setattr(folders, "is_roots", lambda _status: roots)

    if roots:
        with places.held(root + "/conf/shadow") as place:
            place.state()
            assert place.content() == SECRET.encode()
    else:
        with pytest.raises(OSError, match="Too many levels") as problem, places.held(root + "/conf/shadow"):
            pass
        assert "somebody else than root" in files.explain("/conf/shadow", problem.value)


def test_relative_links_of_root_are_followed(root, monkeypatch):
    monkeypatch.setattr(folders, "is_roots", lambda _status: True)
    os.symlink("../../../etc/sysctl.d", root + HOME + "/conf/here")

    handle = folders.open_folder(root + HOME + "/conf/here")

    assert os.path.samestat(os.fstat(handle), os.stat(root + "/etc/sysctl.d"))
    os.close(handle)


@pytest.mark.parametrize(("owner", "mode"), [(MALLORY, 0o755), (0, 0o775), (0, 0o1777)])
def test_name_that_others_may_have_made_of_a_file_is_refused(root, owner, mode):
    os.chown(root + HOME + "/conf", owner, 0)
    os.chmod(root + HOME + "/conf", mode)
    if owner == 0:
        os.chown(root + HOME, 0, 0)
    os.chmod(root + "/etc/shadow", 0o666)
    other_name_of_secret(root)
    apply_plan = Apply(
        parse(json.dumps({"version": 1, "mode": "plan", "run_id": "run", "group": "plain", "changes": {}})), root, good
    )._plan({}, False)

    with pytest.raises(Exception, match="find / -xdev -samefile"):
        apply_plan.attributes(HOME + "/conf/dotfile", 0o644)
    apply_plan.attributes("/etc/shadow", 0o600)
    assert [step.path for step in apply_plan.steps()] == ["/etc/shadow"]


def test_file_that_is_read_twice_with_other_content_is_not_written(root):
    request = {"version": 1, "mode": "plan", "run_id": "run", "group": "plain", "changes": {}}
    plan = Apply(parse(json.dumps(request)), root, good)._plan({}, False)
    old = plan.host.read_text(SITE)
    append(root + SITE)
    plan.host.plan("/etc/other").content = b""  # what was read is forgotten
    plan.host.read_text(SITE)
    plan.write(SITE, old + "# ours\n")
    with open(root + SITE, "w") as stream:
        stream.write(old)

    assert "" in execute(root, plan.steps()[0]).stale
    assert text(root + SITE) == old


def test_file_that_got_another_name_since_the_plan_is_not_replaced(root):
    seen = {**files.seen(os.lstat(root + SITE)), "sha256": files.state(root + SITE)["sha256"]}
    os.link(root + SITE, root + "/etc/other")

    assert "it" in execute(root, Step("file", SITE, path=SITE, content=b"", changes=["it"], seen=seen)).stale


def test_another_file_that_looks_the_same_is_not_the_one_that_was_looked_at(root):
    step = Step("file", SITE, path=SITE, mode=0o600, changes=["it"])
    assert "it" in execute(root, step, At("attributes: ", lambda: replace(root + SITE))).stale
    assert os.stat(root + SITE).st_mode & 0o7777 == 0o644


def test_link_of_root_below_a_folder_of_somebody_else_is_not_followed(root):
    os.mkdir(root + HOME + "/roots")
    os.symlink(root + "/etc", root + HOME + "/roots/link")

    with pytest.raises(OSError, match="Too many levels"):
        folders.open_folder(root + HOME + "/roots/link")


def test_file_that_took_the_place_of_the_one_looked_at_is_not_opened(root):
    status = os.lstat(root + SITE)
    replace(root + SITE)

    with pytest.raises(files.ChangedMeanwhile), files.opened(root + SITE, None, SITE, status):
        pass


def test_pipe_that_took_the_place_of_a_file_is_not_waited_for(root):
    status = os.lstat(root + HOME + "/conf/dotfile")
    pipe(root)

    with pytest.raises(files.ChangedMeanwhile):
        files.state_of(root + HOME + "/conf/dotfile", None, "dotfile", status, None, True)


def test_link_in_the_place_of_a_folder_is_left_with_what_to_do(tmp_path):
    (tmp_path / "inner").mkdir()
    with places.held(str(tmp_path / "inner")) as place:
        wanted = place.state()
    (tmp_path / "inner").rmdir()
    (tmp_path / "inner").symlink_to("/etc")

    with places.held(str(tmp_path / "inner")) as place, pytest.raises(files.ChangeError, match="is no folder any more"):
        place.bring_about(wanted, None, "run", place.state())
    assert (tmp_path / "inner").is_symlink()
