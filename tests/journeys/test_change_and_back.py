"""The story of the product: a change goes to PASI, one comes back, and both sides end up equal."""

import re
import time

from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.pictures import Pictures
from tests.journeys.product import PROMISE, Json, Product
from tests.journeys.watch import axe

WITHIN = PROMISE * 1000
ARRIVED = re.compile("In PASI|In step")  # the second where it had arrived before the page was drawn


def find(page: Page, stay: Json) -> None:
    """By the search field, as a person does; one hit opens the student."""
    page.get_by_label("Find a student by name").fill(stay["asn"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/students/{stay['student']}/$"))


def edit(page: Page, stay: Json) -> None:
    """From the student's page to the form of this stay."""
    page.locator(f"a[href='/enrolments/{stay['id']}/edit/']").click()
    expect(page.get_by_role("button", name="Save the changes")).to_be_visible()


def change_on_pasiprep(page: Page, stay: Json, **members: str) -> None:
    """What another person does on PASIprep's page of the enrolment."""
    page.goto(f"/enrolments/{stay['ref_id']}/")
    for name, value in members.items():
        field = page.locator(f"#f-{name}")
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.get_by_label("Your name").fill("Tove Vandermolen")
    page.get_by_label("Your organization").fill("A.7010")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()


def field_row(page: Page, label: str):
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=label))


def test_a_change_goes_out_and_one_comes_back(product: Product, new_page: NewPage, picture: Pictures) -> None:
    stay = product.next_stay()
    registrar = new_page("registrar_a")
    registrar.goto("/")
    find(registrar, stay)
    edit(registrar, stay)
    registrar.get_by_label("Exit date", exact=True).fill("2027-06-18")
    picture(registrar, "form")
    assert not axe(registrar)
    saved = time.monotonic()
    registrar.get_by_role("button", name="Save the changes").click()
    badge = registrar.locator(f"#state-{stay['id']}")
    expect(badge).to_contain_text(ARRIVED, timeout=WITHIN)  # the same page, without reload
    assert product.in_pasi(stay)["RegistrationExitDate"] == "2027-06-18"
    assert time.monotonic() - saved < PROMISE + 1
    picture(registrar, "student")

    registrar.goto("/")
    expect(registrar.get_by_role("heading", level=1)).to_be_visible()
    other = new_page(base_url=product.pasiprep)
    grade = "11" if stay["grade"] != "11" else "12"
    change_on_pasiprep(other, stay, RegistrationExitDate="2027-05-28", Grade=grade)
    picture(other, "pasiprep")
    expect(registrar.locator("#pulse")).to_contain_text("1 new change from PASI", timeout=WITHIN)
    expect(registrar.locator(".sidenav a[href='/changes/'] .n")).to_have_text(re.compile(r"\d+"))
    picture(registrar, "notice")

    registrar.get_by_role("link", name="Show it").click()
    item = product.await_item(stay)
    registrar.locator(f"tbody a[href^='/changes/{item['id']}/']").click()
    expect(registrar.get_by_text("Tove Vandermolen").first).to_be_visible()
    field_row(registrar, "Grade").get_by_text("Accept PASI").click()
    field_row(registrar, "Exit date").get_by_text("Keep SIS").first.click()
    registrar.get_by_label("Reason (required").fill("The student stays until 18 June; the school has it in writing.")
    for scheme in ("dark", "light"):
        registrar.emulate_media(color_scheme=scheme)
        assert not axe(registrar)
    picture(registrar, "decision-1280", height=1240)
    picture(registrar, "decision-390", width=390, height=1500)
    registrar.get_by_role("button", name="Save the decision").click()
    expect(registrar.get_by_text("Kept SIS").first).to_be_visible()

    product.await_pasi(stay, RegistrationExitDate="2027-06-18", Grade=grade)
    ours = product.await_state(stay, "in_step")
    assert (ours["exit_date"], ours["grade"]) == ("2027-06-18", grade)
    settled = product.await_item(stay, "settled")
    assert settled["id"] == item["id"], "the item settles by itself"
    registrar.goto(f"/changes/{item['id']}/")
    expect(registrar.get_by_role("button", name="Save the decision")).to_have_count(0)
    registrar.goto(f"/students/{stay['student']}/")
    row = registrar.get_by_role("row").filter(has=registrar.locator(f"#state-{stay['id']}"))
    expect(row).to_contain_text("2027-06-18")
    expect(row).to_contain_text(grade)
    expect(row).to_contain_text(ARRIVED)


def test_two_quick_edits_both_arrive(product: Product, new_page: NewPage) -> None:
    stay = product.next_stay()
    page = new_page("registrar_a")
    for label, value in (("Exit date", "2027-06-11"), ("Start date", "2026-09-08")):
        page.goto(f"/enrolments/{stay['id']}/edit/")
        page.get_by_label(label, exact=True).fill(value)
        page.get_by_role("button", name="Save the changes").click()
        expect(page).to_have_url(re.compile(rf"/students/{stay['student']}/"))
    product.await_pasi(stay, RegistrationExitDate="2027-06-11", RegistrationStartDate="2026-09-08")
    expect(page.locator(f"#state-{stay['id']}")).to_contain_text(ARRIVED, timeout=WITHIN)


def test_a_stale_form_keeps_what_was_typed(product: Product, new_page: NewPage) -> None:
    stay = product.next_stay()
    page = new_page("registrar_a")
    page.goto(f"/enrolments/{stay['id']}/edit/")
    product.api(f"/enrolments/{stay['id']}/", "district", "PATCH", exit_date="2027-06-04")
    page.get_by_label("Exit date", exact=True).fill("2027-05-14")
    page.get_by_role("button", name="Save the changes").click()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("Not saved")
    expect(notice).to_contain_text("Marisol Ferreira")
    expect(notice).to_contain_text("2027-06-04")
    expect(page.get_by_label("Exit date", exact=True)).to_have_value("2027-05-14")
    page.get_by_role("button", name="Save the changes").click()
    product.await_pasi(stay, RegistrationExitDate="2027-05-14")
