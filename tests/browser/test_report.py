"""The HTML report as chromium shows it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="left out on this machine: missing selenium (requirements-dev.txt)")

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.html import write_html
from tests.browser import axe
from tests.browser.chromium import DESKTOP, PHONE, chromium, complaints, load, media, requested, resize
from tests.builders import framework, gathered, make_run
from tests.conftest import LEFT_OUT
from tests.hostile import MARK, hostile_run
from tests.past_runs import history

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

AUDIT_RULES = {"rule-auditd_enabled", "rule-audit_identity_changes", "rule-log_forwarding"}
SIDEWAYS = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


def _write(path: Path, run, past=None) -> Path:
    stream = io.StringIO()
    write_html(stream, run.summary, gathered(run.records), framework(), past)
    path.write_text(stream.getvalue(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run():
    return make_run()


@pytest.fixture(scope="module")
def report(run, tmp_path_factory):
    return _write(tmp_path_factory.mktemp("report") / "report.html", run, history(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return _write(tmp_path_factory.mktemp("hostile") / "report.html", hostile_run())


@pytest.fixture(scope="module")
def browser():
    with chromium() as driver:
        yield driver


@pytest.fixture
def driver(browser):
    media(browser)
    resize(browser, DESKTOP)
    requested(browser)
    complaints(browser)
    return browser


def shown_rules(driver):
    script = "return Array.from(document.querySelectorAll('details.rule:not([hidden])'), (rule) => rule.id)"
    return set(driver.execute_script(script))


def says(driver):
    return driver.find_element(By.ID, "shown").text


def wait_for(driver, condition):
    return WebDriverWait(driver, 5).until(lambda _driver: condition())


def field(driver, name):
    return driver.find_element(By.CSS_SELECTOR, f"#filter [name={name}]")


def tab_to(driver, wanted, limit=80):
    """Press Tab until the wanted element has the focus."""
    for _step in range(limit):
        driver.switch_to.active_element.send_keys(Keys.TAB)
        if driver.switch_to.active_element == wanted:
            return
    raise AssertionError(f"{wanted.get_attribute('outerHTML')[:100]} is not reached by the keyboard")


def test_page_loads_alone_and_without_complaint(driver, report):
    load(driver, report)

    assert requested(driver) == [report.as_uri()]
    assert complaints(driver) == []
    total = sum(make_run().summary["totals"]["findings"].values())
    assert says(driver) == f"{total} of {total} findings shown, in 21 of 21 rules"


def test_filter_by_keyboard_and_its_link(driver, report):
    load(driver, report, "#findings")
    tab_to(driver, field(driver, "text"))
    driver.switch_to.active_element.send_keys("auditd")
    wait_for(driver, lambda: "rule-auditd_enabled" in shown_rules(driver) and len(shown_rules(driver)) < 4)
    address = driver.current_url
    assert address.endswith("#view?text=auditd")

    before = says(driver)
    load(driver, report, address[address.index("#") :])
    assert says(driver) == before
    assert field(driver, "text").get_attribute("value") == "auditd"


def test_outcome_and_severity_by_space_bar(driver, report, run):
    load(driver, report, "#findings")
    boxes = driver.find_elements(By.CSS_SELECTOR, "#filter [name=outcome]")
    for box in boxes:
        if box.get_attribute("value") != "fail":
            tab_to(driver, box)
            driver.switch_to.active_element.send_keys(Keys.SPACE)
    fails = run.summary["totals"]["findings"]["fail"]
    wait_for(driver, lambda: says(driver).startswith(f"{fails} of "))
    for name in ("low", "medium", "high"):
        driver.find_element(By.CSS_SELECTOR, f"#filter [value={name}]").send_keys(Keys.SPACE)
    wait_for(driver, lambda: shown_rules(driver) == {"rule-auditd_enabled"})
    assert driver.current_url.endswith("#view?outcome=fail&severity=critical")


def test_safeguard_from_the_overview(driver, report):
    load(driver, report)
    link = driver.find_element(By.CSS_SELECTOR, "#cite-6 a.scripted")
    link.send_keys(Keys.ENTER)

    wait_for(driver, lambda: shown_rules(driver) == AUDIT_RULES)
    assert field(driver, "cite").get_attribute("value") == "164.312(b)"


def test_host_is_matched_as_a_whole_where_it_is_known(driver, report, run):
    record = run.records[0]
    load(driver, report, f"#view?host={record['host']}")
    assert says(driver).startswith(f"{len(record['findings'])} of ")

    load(driver, report, "#view?host=ehr-")
    assert says(driver).startswith(f"{4 * len(record['findings'])} of ")


def test_nothing_found_is_said_and_taken_back(driver, report):
    load(driver, report, "#view?text=there-is-no-such-word")
    assert driver.find_element(By.ID, "nothing").is_displayed()
    assert says(driver).startswith("0 of ")

    driver.find_element(By.CSS_SELECTOR, "[data-do=reset]").send_keys(Keys.ENTER)
    wait_for(driver, lambda: len(shown_rules(driver)) == 21)
    assert not driver.find_element(By.ID, "nothing").is_displayed()


def test_link_to_a_rule_opens_it(driver, report):
    load(driver, report, "#rule-ssh_ciphers")
    rule = driver.find_element(By.ID, "rule-ssh_ciphers")

    wait_for(driver, lambda: rule.get_attribute("open"))
    assert "none of 3des-cbc" in rule.text
    wait_for(driver, lambda: driver.switch_to.active_element.tag_name == "summary")


def test_rule_opens_and_closes_by_keyboard(driver, report):
    load(driver, report, "#findings")
    summary = driver.find_element(By.CSS_SELECTOR, "details.rule > summary")
    rule = summary.find_element(By.XPATH, "..")
    for state in ("true", None):
        summary.send_keys(Keys.ENTER)
        assert rule.get_attribute("open") == state


def test_skip_link_comes_first(driver, report):
    load(driver, report)
    driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)

    first = driver.switch_to.active_element
    assert first.text == "Skip to the report"
    first.send_keys(Keys.ENTER)
    assert driver.switch_to.active_element.get_attribute("id") == "main"


@pytest.mark.parametrize("fragment", ["", "#view?text=script", "#view?host=%3Cscript%3E", "#view?cite=<script>", "#%"])
def test_hostile_values_are_inert(driver, hostile, fragment):
    load(driver, hostile, fragment)
    driver.execute_script("document.querySelectorAll('details').forEach((element) => { element.open = true; })")

    assert driver.execute_script("return window.hurt") is None
    assert driver.find_elements(By.ID, MARK) == []
    assert driver.find_elements(By.CSS_SELECTOR, "img, iframe, [onerror], [onload], [onmouseover], [onfocus]") == []
    assert len(driver.find_elements(By.TAG_NAME, "script")) == 1
    assert driver.find_element(By.TAG_NAME, "h1").is_displayed()
    assert requested(driver) == [hostile.as_uri()]
    assert complaints(driver) == []


def test_what_slips_into_the_page_cannot_run(driver, report, tmp_path):
    changed = tmp_path / "report.html"
    text = report.read_text(encoding="utf-8")
    changed.write_text(
        text.replace("</main>", "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'></main>"),
        encoding="utf-8",
    )
    load(driver, changed)

    assert driver.execute_script("return window.hurt") is None
    assert any("Content Security Policy" in entry["message"] for entry in complaints(driver))
    assert requested(driver) == [changed.as_uri()]


@pytest.mark.parametrize("which", ["report", "hostile"])
def test_phone_needs_no_sideways_scrolling(driver, which, request):
    resize(driver, PHONE)
    load(driver, request.getfixturevalue(which))
    driver.execute_script("document.querySelectorAll('details').forEach((element) => { element.open = true; })")

    assert driver.execute_script(SIDEWAYS) <= 0
    assert driver.execute_script("return document.documentElement.clientWidth") == PHONE[0]


def test_dark_scheme_is_dark(driver, report):
    load(driver, report)
    grounds = []
    for scheme in ("light", "dark"):
        media(driver, scheme=scheme)
        script = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
        grounds.append(sum(driver.execute_script(script)))
    light, dark = grounds
    assert light > 600
    assert dark < 150


def test_paper_shows_what_is_closed_and_no_controls(driver, report):
    load(driver, report)
    media(driver, "print")

    assert not driver.find_element(By.ID, "filter").is_displayed()
    evidence = driver.find_element(By.CSS_SELECTOR, "#rule-ssh_ciphers .evidence")
    assert evidence.size["height"] > 100
    assert driver.execute_script("return arguments[0].checkVisibility({contentVisibilityAuto: true})", evidence)
    assert driver.find_element(By.CSS_SELECTOR, ".asks ul").size["height"] > 10
    assert len(driver.execute_cdp_cmd("Page.printToPDF", {})["data"]) > 10_000


@pytest.mark.parametrize(("kind", "scheme"), [("", "light"), ("", "dark"), ("print", "light")])
def test_charts_have_their_own_ground_and_ink(driver, report, kind, scheme):
    load(driver, report)
    media(driver, kind, scheme)
    # As programs do that give SVG none of the page's style.
    driver.execute_script("document.querySelector('style').remove()")
    charts = driver.find_elements(By.CSS_SELECTOR, "table.trends svg[role=img]")
    assert len(charts) > 2
    paint = "const s = getComputedStyle(arguments[0].querySelector(arguments[1])); return [s.fill, s.stroke]"
    for chart in charts:
        assert chart.size["width"] > 100
        assert chart.accessible_name.startswith("Failing findings of 164.312")
        assert driver.execute_script(paint, chart, "rect")[0] == "rgb(255, 255, 255)"
        assert driver.execute_script(paint, chart, "polyline") == ["none", "rgb(143, 23, 19)"]
        assert driver.execute_script(paint, chart, "text")[0] == "rgb(74, 84, 100)"


def test_figures_of_a_chart_stand_beside_it(driver, report):
    load(driver, report, "#history")
    rows = [row.text for row in driver.find_elements(By.CSS_SELECTOR, "table.trends tbody tr")]

    assert [row for row in rows if "164.312(a)(2)(iii)" in row and "1, 1, 1, 0" in row and "1 fewer" in row]
    told = driver.find_element(By.CSS_SELECTOR, "table.trends svg desc").get_attribute("textContent")
    assert re.fullmatch(r"(2026-\d\d-\d\d: \d(; )?){4}", told)


def test_all_is_there_without_scripts(report):
    with chromium(scripts=False) as driver:
        load(driver, report)
        assert not driver.find_element(By.ID, "filter").is_displayed()
        rule = driver.find_element(By.ID, "rule-ssh_ciphers")
        rule.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
        assert "none of 3des-cbc" in rule.text
        assert len(driver.find_elements(By.CSS_SELECTOR, "table.safeguards tbody tr")) == 12
        assert not driver.find_element(By.CSS_SELECTOR, "#cite-1 a.scripted").is_displayed()


# The check takes long on so large a page: each scheme and each size once.
@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)], ids=["light-desktop", "dark-phone"])
def test_accessibility(driver, report, scheme, size):
    try:
        axe.script()
    except axe.AxeMissing as missing:
        pytest.skip(f"{LEFT_OUT}{missing}")
    resize(driver, size)
    media(driver, scheme=scheme)
    load(driver, report)
    driver.execute_script("document.querySelectorAll('details').forEach((element) => { element.open = true; })")

    assert axe.violations(driver) == []


def test_accessibility_check_sees_something(driver, report, tmp_path):
    try:
        axe.script()
    except axe.AxeMissing as missing:
        pytest.skip(f"{LEFT_OUT}{missing}")
    changed = tmp_path / "report.html"
    changed.write_text(report.read_text(encoding="utf-8").replace("</main>", "<img></main>"), encoding="utf-8")
    load(driver, changed)

    assert [line.split()[0] for line in axe.violations(driver)] == ["image-alt"]
