"""Every page in both languages and themes, wide and narrow: nothing for axe, no sideways scroll, one heading."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.pictures import Pictures
from tests.journeys.product import Product, wait_for
from tests.journeys.watch import THIRD_PARTY, axe, broken_lines, scrolls_sideways

WIDE, NARROW, NARROWEST = 1280, 390, 320
PLAIN = (
    "/", "/changes/", "/changes/?group=closed", "/changes/first-comparison/", "/changes/?who=me", "/notices/", "/notices/records/", "/profile/notices/",
    "/submissions/", "/exchanges/", "/link/", "/students/", "/students/find/", "/schools/", "/schools/7101/",
    "/sections/", "/reconciliation/", "/reconciliation/new/", "/actions/planned/", "/jobs/", "/actions/",
    "/changes/bulk/?decision=reject&all=1&group=open", "/profile/", "/words/", "/styleguide/", "/api/v1/docs/",
    "/no-such-page/",
)  # fmt: skip
FOR_ADMINISTRATORS = (
    "/people/", "/people/add/", "/people/service-accounts/add/", "/roles/", "/setup/", "/setup/synchronization/",
    "/setup/connection/", "/setup/caller/", "/setup/certificate/", "/setup/guard/", "/setup/retention/", "/access/",
)  # fmt: skip


@pytest.fixture(scope="module")
def busy(product: Product) -> dict[str, Any]:
    """A district on a busy morning: changes of several kinds wait, one is decided, one submission has gone out."""
    stay = product.next_stay()
    product.api(f"/enrolments/{stay['id']}/", method="PATCH", exit_date="2027-06-17")
    product.await_state(stay, "in_step")
    decided = product.next_stay()
    product.change_in_pasi(decided, RegistrationExitDate="2027-05-19")
    closed = product.await_item(decided)
    product.api(f"/discrepancies/{closed['id']}/accept/", method="POST")
    product.http.post(f"{product.pasiprep}/control/busy-morning/", json={"seed": 7}, timeout=60)
    open_items = wait_for(lambda: product.api("/discrepancies/?status=open", "district")["results"], "changes wait")
    submission = product.api(f"/submissions/?ref_id={stay['ref_id']}")["results"][-1]
    bulk = product.api(
        "/discrepancies/decide/",
        "district",
        "POST",
        filter={"ref_id": open_items[-1]["ref_id"]},
        decision="accept",
        kinds=[open_items[-1]["kind"]],
    )
    course = product.api("/course-enrolments/?challenge=true", "district")["results"][0]
    return {
        "open": sorted({item["kind"]: item["id"] for item in open_items}.values()),
        "paths": [
            f"/changes/{closed['id']}/",
            f"/jobs/{bulk['job']}/",
            f"/actions/{bulk['id']}/",
            f"/actions/{bulk['id']}/undo/",
            f"/students/{stay['student']}/",
            f"/students/{stay['student']}/enrol/",
            f"/students/{stay['student']}/identification/",
            f"/enrolments/{stay['id']}/edit/",
            f"/enrolments/{stay['id']}/withdraw/",
            f"/submissions/{submission['id']}/",
            f"/students/{course['student']}/",
            f"/sections/{course['section']}/",
            f"/sections/{course['section']}/edit/",
            f"/schools/{course['school']}/sections/add/",
            f"/enrolments/{course['enrolment']}/courses/add/",
            f"/course-enrolments/{course['id']}/",
            f"/exchanges/{product.api('/exchanges/', 'district')['results'][-1]['id']}/",
        ],
    }


def speak(page: Page, language: str) -> None:
    """As a person does: by the menu behind the name. The choice is kept for the person."""
    page.goto("/")
    if page.locator("html").get_attribute("lang") != language:
        page.locator("button.who").click()
        page.locator(f"#me button[name=language][value={language}]").click()
    expect(page.locator("html")).to_have_attribute("lang", language)


def look_at(page: Page, path: str, *, themes: bool = True) -> list[str]:
    """What is wrong with the page, wide and narrow; in either theme, or in the light one alone."""
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.emulate_media(color_scheme="light")
    page.goto(path)
    if page.locator(THIRD_PARTY).count():
        page.locator(f"{THIRD_PARTY} .opblock").first.wait_for()
    headings = page.locator("h1:visible").count()
    wrong = [] if headings == 1 else [f"{headings} headings of the first level"]
    wrong += axe(page) + broken_lines(page)
    if themes:
        page.emulate_media(color_scheme="dark")
        wrong += [f"dark: {line}" for line in axe(page, colours_alone=True)]
        page.set_viewport_size({"width": NARROW, "height": 844})
        wrong += [f"dark, {NARROW} px: {line}" for line in axe(page, colours_alone=True)]
        page.emulate_media(color_scheme="light")
        wrong += [f"{NARROW} px: {line}" for line in axe(page)]
    for width in (NARROW, NARROWEST):
        page.set_viewport_size({"width": width, "height": 844})
        if scrolls_sideways(page):
            wrong.append(f"scrolls sideways at {width} px")
        if width >= NARROW:  # below it a day may break: nobody works there
            wrong += [f"{width} px: {line}" for line in broken_lines(page)]
    return [f"{path} {line}" for line in wrong]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pages_of_everybody(
    product: Product, new_page: NewPage, busy: dict[str, Any], language: str, picture: Pictures
) -> None:
    page = new_page("district")
    speak(page, language)
    changes = [f"/changes/{number}/" for number in busy["open"]]
    wrong: list[str] = []
    try:
        for path in [*PLAIN, *busy["paths"], *changes]:
            wrong += look_at(page, path, themes=language == "en")  # colours know no language
        if language == "en":
            for path, name in (("/", "home"), ("/changes/", "changes"), ("/exchanges/", "exchanges")):
                page.goto(path)
                picture(page, name)
    finally:
        speak(page, "en")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pages_of_administrators(product: Product, new_page: NewPage, language: str, picture: Pictures) -> None:
    page = new_page("admin")
    speak(page, language)
    page.goto("/people/")
    person = page.locator("tbody th a").first.get_attribute("href")
    wrong: list[str] = []
    try:
        for path in [*FOR_ADMINISTRATORS, person]:
            wrong += look_at(page, path, themes=language == "en")  # colours know no language
        if language == "en":
            page.goto("/setup/certificate/")
            picture(page, "certificate", height=530)  # above the paths of this machine's files
    finally:
        speak(page, "en")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("locale", ["en-CA", "fr-CA"])
def test_the_way_in(new_page: NewPage, locale: str) -> None:
    page = new_page(locale=locale)
    wrong = look_at(page, "/sign-in/")
    expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{locale[:2]}"))
    assert not wrong, "\n".join(wrong)


def test_pasiprep(product: Product, new_page: NewPage) -> None:
    stay = product.next_stay()
    page = new_page(base_url=product.pasiprep)
    wrong = [
        line for path in ("/", f"/enrolments/{stay['ref_id']}/", "/calls/", "/knobs/") for line in look_at(page, path)
    ]
    assert not wrong, "\n".join(wrong)


def test_both_languages_speak(new_page: NewPage) -> None:
    page = new_page("registrar_b")
    said = {}
    try:
        for language in ("en", "fr"):
            speak(page, language)
            said[language] = page.locator(".sidenav").inner_text()
    finally:
        speak(page, "en")
    assert said["en"] != said["fr"]
