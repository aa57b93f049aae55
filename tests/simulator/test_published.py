"""The list of what PASI publishes: true to the simulator's own tables, whole, and the same in the docs and on the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
from lxml import html

from pasi_simulator.codes import LISTS
from pasi_simulator.contract import Contract
from pasi_simulator.faults import TEXTS
from pasi_simulator.operations import SERVICES
from pasi_simulator.published import numbers, services
from pasi_simulator.published.listing import NUMBER_SECTIONS, sections
from pasi_simulator.published.rows import NOT, PARTLY, SIMULATED, STATES, spread
from pasi_simulator.published.writing import markdown
from pasi_simulator.rules import enrolment, identification
from pasi_simulator.rules import section as section_rules
from pasi_simulator.state import RECORD_TYPES
from tests.simulator.program import ROOT, WSDL

TABLES = (enrolment.REJECTIONS, section_rules.REJECTIONS, *identification.TABLES)
RULES = {rule.number: rule for table in TABLES for rule in table}
CHROMIUM = Path("/usr/bin/chromium")
PAGE = ROOT / "docs" / "developer" / "published.md"


@pytest.fixture(scope="module")
def by_title():
    return {section.title: section for section in sections(Contract(WSDL))}


def rows_of(by_title, title) -> dict:
    rows = by_title[title].rows
    by_name = {row.name: row for row in rows}
    assert len(by_name) == len(rows), f"{title} names something twice"
    return by_name


def test_the_page_in_the_docs_is_up_to_date(by_title):
    assert PAGE.read_text() == markdown(by_title.values()), (
        "make it anew: python -m pasi_simulator.published > docs/developer/published.md"
    )


def names_of(kind: str) -> list[str]:
    """What PASI's public pages name of that kind; read from them, not from the simulator's tables."""
    text = (ROOT / "tests" / "data" / "published_names.txt").read_text()
    return text.split(f"[{kind}]")[1].split("[")[0].split()


@pytest.mark.parametrize(("kind", "least"), [("Services", 95), ("Entities", 50), ("Code classes", 70), ("Rules", 680)])
def test_everything_that_pasi_names_has_a_row(by_title, kind, least):
    rules = [title for title, _, _ in NUMBER_SECTIONS]
    titles = rules if kind == "Rules" else [kind]
    listed = {row.name for title in titles for row in by_title[title].rows}
    named = names_of(kind)
    assert len(set(named)) == len(named) >= least
    assert [name for name in named if name not in listed] == []


def test_every_operation_that_runs_is_listed_as_running(by_title):
    listed = {name for name, row in rows_of(by_title, "Services").items() if row.state != NOT}
    assert listed == set(SERVICES) == set(Contract(WSDL).operations)


def test_every_record_and_code_class_that_there_is_is_listed(by_title):
    entities = rows_of(by_title, "Entities")
    assert {name for name in RECORD_TYPES if entities[name].state == NOT} == set()
    classes = {name for name, row in rows_of(by_title, "Code classes").items() if row.state == SIMULATED}
    assert classes == {*LISTS, "SchoolYearType"}


def test_a_member_that_the_contract_lacks_is_named(by_title):
    student = rows_of(by_title, "Entities")["Student"]
    assert student.state == PARTLY
    assert "DateOfDeath" in student.lacks
    assert "PrimaryStateProvinceId" not in student.lacks
    assert rows_of(by_title, "Services")["GetStudent"].lacks == "what Student lacks"


def test_every_fault_and_rejection_of_the_simulator_is_listed(by_title):
    faults = {name for name, row in rows_of(by_title, "Faults").items() if row.state != NOT}
    assert faults == set(TEXTS)
    listed = [row for title, _, _ in NUMBER_SECTIONS[1:] for row in by_title[title].rows if row.state != NOT]
    assert sorted(row.name for row in listed) == sorted(RULES)


def test_a_rule_that_is_simulated_takes_its_words_from_the_rule(by_title):
    own = {rule.number: rule.title for rule in RULES.values()} | TEXTS
    published = [number for _, _, listed in NUMBER_SECTIONS for number in listed]
    assert [number.number for number in published if number.number in own and number.title] == []
    assert len({number.number for number in published}) == len(published)
    assert {row.name: row.what for row in by_title["Common rejections"].rows}["9023"] == own["9023"]


def test_a_number_of_ours_is_called_inferred(by_title):
    published = {number.number for _, _, listed in NUMBER_SECTIONS for number in listed}
    for title in ("Rejections of school enrolments", "Rejections of student parts"):
        ours = [row for row in by_title[title].rows if row.name not in published]
        assert len(ours) >= 1
        assert {row.inferred for row in ours} == {"the number"}


def test_faults_that_nothing_raises_are_said_to_come_on_demand_only():
    said = {number.number for number in numbers.FAULTS if numbers.ON_DEMAND in number.lacks}
    text = "".join(path.read_text() for path in (ROOT / "pasi_simulator").rglob("*.py"))
    raised = set(re.findall(r'(?:Fault|ContractError|Rejection)\(\s*"([0-9]{4})"', text))
    assert said == set(TEXTS) - raised


def test_where_a_manner_stands_there_is_a_file():
    assert [manner.where for manner in services.MANNERS if manner.where and not (ROOT / manner.where).is_file()] == []


def test_every_row_is_fit_to_be_read(by_title):
    for section in by_title.values():
        assert section.intro.endswith(".")
        for row in section.rows:
            assert row.name and row.source
            assert row.state in STATES
            assert bool(row.lacks) == (row.state == PARTLY), row.name


def test_ranges_of_numbers():
    assert spread("10002-10004 10009") == ["10002", "10003", "10004", "10009"]


def test_the_page_shows_the_same_rows(pasi, by_title):
    base = f"http://127.0.0.1:{pasi.control_port}"
    tree = html.fromstring(requests.get(f"{base}/published/", timeout=10).text)
    shown = [cell.text_content() for cell in tree.xpath("//h2/following-sibling::div//tbody//th")]
    assert shown == [row.name for section in by_title.values() for row in section.rows]
    assert tree.xpath("//header//a[@href='/published/']")
    partly = html.fromstring(requests.get(f"{base}/published/?state=partly", timeout=10).text)
    names = [cell.text_content() for cell in partly.xpath("//h2/following-sibling::div//tbody//th")]
    expected = [row.name for section in by_title.values() for row in section.rows if row.state == PARTLY]
    assert [name for name in names if name != "Nothing here."] == expected
    assert requests.get(f"{base}/published/?state=perhaps", timeout=10).status_code == 400


@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine")
def test_the_page_is_accessible(pasi):
    playwright = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.base")
    script = Path(axe.__file__).with_name("axe.min.js").read_text()
    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    troubles: list[str] = []
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=str(CHROMIUM), args=options)
        page = browser.new_page(viewport={"width": 390, "height": 800})
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.goto(f"http://127.0.0.1:{pasi.control_port}/published/")
        page.evaluate(script)
        troubles += [f"{v['id']} {[n['target'] for n in v['nodes']]}" for v in page.evaluate("axe.run()")["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        browser.close()
    assert troubles == []
    assert not wide
