"""PASI moves a record to another student: what the registrar sees and does; a kept value whose state keeps itself true."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.pictures import Pictures
from tests.journeys.product import Json, Product, wait_for
from tests.journeys.watch import axe, scrolls_sideways


@pytest.fixture
def moved(product: Product) -> tuple[Json, Json, Json]:
    """(the stay, the other student's, the item): moved on PASIprep's own page."""
    stay, other = product.next_stay(), product.next_stay()
    product.change_in_pasi(stay, StateProvinceId=other["asn"])
    item = product.await_item(stay)
    assert item["kind"] == "identity_changed_in_pasi"
    return stay, other, item


def decide(page: Page, item: Json, side: str) -> None:
    page.goto(f"/changes/{item['id']}/")
    page.locator(f"input[name=field-whole][value={side}]").locator("..").click()
    expect(page.locator(f"[data-when='field-whole={side}']")).to_be_visible()
    page.get_by_label("Reason (required").fill("Two students with one name.")
    page.get_by_role("button", name="Save the decision").click()


def test_nothing_is_sent_until_the_registrar_brings_the_record_back(
    product: Product, new_page: NewPage, moved: tuple[Json, Json, Json], picture: Pictures
) -> None:
    stay, other, item = moved
    product.api(f"/enrolments/{stay['id']}/", method="PATCH", exit_date="2027-06-11")
    product.await_state(stay, "held")
    page = new_page("registrar_a")
    page.goto(f"/changes/{item['id']}/")
    expect(page.locator(".notice", has_text="now belongs elsewhere")).to_contain_text(f"{other['asn'][:4]}-")
    expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
    assert not axe(page)
    picture(page, "identity")
    page.set_viewport_size({"width": 390, "height": 844})
    assert not scrolls_sideways(page)
    picture(page, "identity-390", width=390, height=844)
    page.set_viewport_size({"width": 1280, "height": 900})
    assert product.in_pasi(stay)["RegistrationExitDate"] != "2027-06-11"
    decide(page, item, "sis")
    product.await_pasi(stay, StateProvinceId=stay["asn"], RegistrationExitDate="2027-06-11")
    product.await_state(stay, "in_step")


def test_the_registrar_links_anew_without_javascript_and_takes_it_back(
    product: Product, new_page: NewPage, moved: tuple[Json, Json, Json]
) -> None:
    stay, _other, item = moved
    page = new_page("registrar_a", java_script_enabled=False)
    page.goto(f"/changes/{item['id']}/")
    page.locator("input[name=field-whole][value=anew]").check()
    page.get_by_role("button", name="Save the decision").click()
    expect(page.locator("main")).to_contain_text("the SIS record was relinked")
    assert product.stay(stay)["ref_id"] != item["ref_id"]
    page.get_by_role("button", name="Undo this decision").click()
    assert product.stay(stay)["ref_id"] == item["ref_id"]
    product.change_in_pasi({**stay, "ref_id": item["ref_id"]}, StateProvinceId=stay["asn"])
    product.await_item(stay, "settled")


def test_a_kept_value_says_where_it_is_by_itself(product: Product, new_page: NewPage) -> None:
    """Refused by PASI, sent again, in PASI: the page that was opened once follows."""
    stay = product.next_stay()
    product.change_in_pasi(stay, RegistrationExitDate="2027-05-20")
    item = product.await_item(stay)
    product.knobs(fault={"code": "3002", "operation": "SubmitStudentSchoolEnrolment", "times": 1})
    page = new_page("registrar_a")
    page.goto(f"/changes/{item['id']}/")
    page.locator("input[name=field-exit_date][value=sis]").locator("..").click()
    page.get_by_label("Reason (required").fill("Ours is right")
    page.get_by_role("button", name="Save the decision").click()
    expect(page.locator("#change-badge")).to_contain_text("Reset refused by PASI")
    assert not axe(page)
    sent = wait_for(
        lambda: product.api(f"/submissions/?status=rejected&ref_id={item['ref_id']}")["results"],
        "the refused submission",
    )
    product.api(f"/submissions/{sent[0]['id']}/send-again/", method="POST")
    expect(page.locator("#change-state")).to_contain_text(re.compile("settled now"))
    product.await_pasi(stay, RegistrationExitDate=stay["exit_date"])


def test_what_was_created_in_pasi_is_entered_and_taken_back(product: Product, new_page: NewPage) -> None:
    stay = product.next_stay()
    product.change_in_pasi(stay, StateProvinceId=product.next_stay()["asn"])
    moved_item = product.await_item(stay)
    product.api(f"/discrepancies/{moved_item['id']}/link-anew/", method="POST")
    (made,) = wait_for(
        lambda: product.api(f"/discrepancies/?status=open&ref_id={moved_item['ref_id']}")["results"], "created in PASI"
    )
    assert made["kind"] == "created_in_pasi"
    page = new_page("registrar_a")
    page.goto(f"/changes/{made['id']}/")
    page.locator("input[name=field-whole][value=pasi]").locator("..").click()
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_role("button", name="Undo this decision").click()
    expect(page.locator(".toast")).to_contain_text("Decision undone")
    expect(page.locator("#change-badge")).to_contain_text("Created in PASI")
