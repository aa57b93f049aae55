"""The PASIprep pages, without a browser and with one."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from lxml import html

from tests.simulator.program import extended, section
from tests.simulator.test_reads import RECORDS, load_pupil

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture
def base(pasi):
    return f"http://127.0.0.1:{pasi.control_port}"


def form_of(base, record) -> dict[str, str]:
    tree = html.fromstring(requests.get(f"{base}/enrolments/{record['RefId']}/", timeout=5).text)
    return dict(tree.forms[0].form_values())


def post(base, path, data, **more) -> requests.Response:
    return requests.post(f"{base}{path}", data=data, timeout=5, headers={"Origin": base}, **more)


def test_changing_an_enrolment_by_hand(pasi, base):
    _, record = load_pupil(pasi, ExtendedSchoolEnrolmentInfo=extended(("GrantsProgramCodes", "211")))
    path = f"/enrolments/{record['RefId']}/"
    entered = form_of(base, record) | {
        "RegistrationExitDate": "2027-02-01",
        "ExitDateType": "WithdrawalDate",
        "GrantsProgramCodes.1": "230",
        "LocalStudentId.0": "77",
        "name": "Rosa Lund",
        "organization": "S.9101",
        "action": "save",
    }
    answer = post(base, path, entered, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}?done=save")
    now = pasi.control("GET", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/")
    assert (now["RegistrationExitDate"], now["ExitDateType"]) == ("2027-02-01", "WithdrawalDate")
    assert now["LastUpdate"] == {"UserName": "Rosa Lund", "OrganizationCode": "S.9101"}
    pairs = [(pair["Key"], pair["Value"]) for pair in now["ExtendedSchoolEnrolmentInfo"]["KeyValues"]]
    assert sorted(pairs) == [("GrantsProgramCodes", "211"), ("GrantsProgramCodes", "230"), ("LocalStudentId", "77")]
    for action, deleted in (("delete", True), ("undelete", False)):
        assert post(base, path, form_of(base, record) | {"action": action}).status_code == 200
        found = pasi.control("GET", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/")
        assert found["IsDeleted"] is deleted
    assert "9023" in post(base, path, form_of(base, record) | {"action": "save"}).text


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        ({"RegistrationExitDate": "2026-09-01"}, "f-RegistrationExitDate-problem", "10016"),
        ({"RegistrationExitDate": "soon"}, "f-RegistrationExitDate-problem", "date"),
        ({"RegistrationExitDate": ""}, "f-RegistrationExitDate-problem", "mandatory"),
        ({"SchoolYear": "2026-2028"}, "f-SchoolYear-problem", "2026-2027"),
        ({"SchoolProvidedProgramPercentage": "50"}, "f-SchoolProvidedProgramPercentage-problem", "10064"),
        ({"SchoolProvidedProgramPercentage": "half"}, "f-SchoolProvidedProgramPercentage-problem", "number"),
        ({"StateProvinceId": "1234"}, "f-StateProvinceId-problem", "nine digits"),
        ({"organization": "S.9201"}, "f-SchoolCode-problem", "10058"),
        ({"organization": "me"}, "f-organization-problem", "S.1234"),
        ({"name": ""}, "f-name-problem", "who you are"),
        ({"name": "Łucja"}, "f-name-problem", "Latin-1"),
    ],
)
def test_bad_input_is_shown_at_its_field(pasi, base, changes, place, said):
    _, record = load_pupil(pasi)
    before = pasi.control("GET", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/")
    entered = form_of(base, record) | changes | {"action": "save", "Grade": "08"}
    answer = post(base, f"/enrolments/{record['RefId']}/", entered)
    assert answer.status_code == 400
    tree = html.fromstring(answer.text)
    assert said in tree.get_element_by_id(place).text_content()
    kept = dict(tree.forms[0].form_values())
    assert kept["Grade"] == "08"  # nothing that was entered is lost
    assert pasi.control("GET", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/") == before


def test_a_stale_form_saves_nothing(pasi, base):
    _, record = load_pupil(pasi)
    entered = form_of(base, record) | {"action": "save", "Grade": "08"}
    pasi.control("PATCH", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/", {"Grade": "07"})
    answer = post(base, f"/enrolments/{record['RefId']}/", entered)
    assert answer.status_code == 400
    assert "versions are not equal" in answer.text


def test_search_keeps_the_asn_out_of_addresses(pasi, base):
    pupil, record = load_pupil(pasi)
    asn = pupil["StateProvinceId"]
    shown = f"{asn[:4]}-{asn[4:8]}-{asn[8:]}"
    for criteria in ({"asn": shown}, {"name": pupil["IdentificationRecord"]["LastName"], "year": "2026-2027"}):
        answer = post(base, "/search/", criteria)
        tree = html.fromstring(answer.text)
        assert [a.get("href") for a in tree.xpath("//table//th/a")] == [f"/enrolments/{record['RefId']}/"]
        assert asn not in answer.url
        assert shown not in answer.url
    assert "nine digits" in post(base, "/search/", {"asn": "12"}).text


def test_text_is_escaped(pasi, base):
    name = "<script>alert(1)</script>"
    pupil, record = load_pupil(pasi)
    pasi.control(
        "PATCH",
        f"{RECORDS}/Student/{pupil['StateProvinceId']}/",
        {"IdentificationRecord": {"FirstName": "A", "LastName": name, "IsNameExact": True}},
    )
    answer = requests.get(f"{base}/enrolments/{record['RefId']}/", timeout=5)
    assert name not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_knobs_page(pasi, base):
    tree = html.fromstring(requests.get(f"{base}/knobs/", timeout=5).text)
    entered = dict(tree.forms[0].form_values()) | {"delay_ms": "25", "fault": '{"code": "2001", "times": 2}'}
    assert post(base, "/knobs/", entered).status_code == 200
    now = pasi.control("GET", "/control/knobs/")
    assert (now["delay_ms"], now["fault"]["code"], now["unavailable"]) == (25, "2001", False)
    answer = post(base, "/knobs/", entered | {"delay_ms": "slow"})
    assert answer.status_code == 400
    assert html.fromstring(answer.text).get_element_by_id("f-delay_ms-problem") is not None
    assert pasi.control("GET", "/control/knobs/")["delay_ms"] == 25


def test_a_busy_morning_by_button(pasi, base):
    pasi.knobs(today="2032-11-20")
    for _ in range(13):
        load_pupil(pasi, year=2033)
    answer = post(base, "/busy-morning/", {})
    assert "A busy morning: 12 changes." in answer.text  # there is nothing to undelete
    assert post(base, "/busy-morning/", {}, allow_redirects=False).status_code == 303
    foreign = requests.post(f"{base}/busy-morning/", headers={"Origin": "http://evil.example"}, timeout=5)
    assert foreign.status_code == 403


@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine")
def test_pages_are_accessible(pasi, base):
    playwright = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.base")
    _, record = load_pupil(pasi)
    lesson = section()
    pasi.control("POST", "/control/load/", {"Section": [lesson]})
    at_section = f"/sections/{lesson['RefId']}/"
    script = Path(axe.__file__).with_name("axe.min.js").read_text()
    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    troubles: list[str] = []
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=str(CHROMIUM), args=options)
        page = browser.new_page(viewport={"width": 390, "height": 800}, bypass_csp=False)
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        enrolment_page = html.fromstring(requests.get(f"{base}/enrolments/{record['RefId']}/", timeout=5).text)
        [of_the_student] = [link for link in enrolment_page.xpath("//a/@href") if link.startswith("/students/")]
        for path in (
            "/",
            f"/enrolments/{record['RefId']}/",
            of_the_student,
            "/sections/",
            at_section,
            "/calls/",
            "/knobs/",
        ):
            page.goto(base + path)
            page.evaluate(script)
            found = page.evaluate("axe.run()")["violations"]
            troubles += [f"{path}: {v['id']} {[n['target'] for n in v['nodes']]}" for v in found]
            wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not wide, f"{path} scrolls sideways"
        page.goto(f"{base}/enrolments/{record['RefId']}/")
        page.get_by_label("Exit date", exact=True).fill("2026-01-01")
        page.get_by_role("button", name="Save").click()
        assert page.get_by_text("10016").is_visible()
        page.evaluate(script)
        troubles += [v["id"] for v in page.evaluate("axe.run()")["violations"]]
        browser.close()
    assert [t for t in troubles if "400 (Bad Request)" not in t] == []
