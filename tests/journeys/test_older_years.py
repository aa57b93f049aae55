"""An enrolment of a year of which PASI tells no news: PASI's record is read, compared, and ours is sent."""

import datetime as dt

from playwright.sync_api import expect

from sis.rules.school_year import SchoolYear
from tests.journeys.conftest import NewPage
from tests.journeys.pictures import Pictures
from tests.journeys.product import Json, Product, wait_for
from tests.journeys.test_every_page import look_at
from tests.journeys.watch import axe, scrolls_sideways


def older_stay(product: Product, number: int) -> Json:
    """One of the demo's oldest enrolments, three years back."""
    year = SchoolYear.of(dt.date.today()) - 3
    return product.api(f"/enrolments/?school_year={year}", "district")["results"][number]


def now(product: Product, stay: Json) -> Json:
    return product.api(f"/enrolments/{stay['id']}/", "district")


def test_an_older_enrolment_goes_out_after_a_look_at_pasis_record(
    product: Product, new_page: NewPage, picture: Pictures
) -> None:
    stay = older_stay(product, 0)
    page = new_page("district")
    page.goto(f"/enrolments/{stay['id']}/edit/")
    page.locator("#id_grade").select_option("10")
    page.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_text("is not synchronized. Compare with PASI to send it.")).to_be_visible()
    held = wait_for(lambda: (found := now(product, stay)["pasi"])["state"] == "held" and found, "it is held")
    assert held["reason"] == "year_not_synchronized"

    product.change_in_pasi(stay, RegistrationExitDate=f"{stay['exit_date'][:4]}-05-16")
    wrong = look_at(page, f"/enrolments/{stay['id']}/live/")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Read PASI's record now").click()
    expect(page.get_by_role("heading", name="2 fields differ")).to_be_visible()
    wrong += axe(page)
    assert not scrolls_sideways(page)
    assert not wrong, "\n".join(wrong)
    page.set_viewport_size({"width": 1280, "height": 900})
    picture(page, "older-year")

    page.get_by_role("button", name="Send the SIS values").click()
    expect(page.get_by_text("The SIS values are on their way to PASI.")).to_be_visible()
    product.await_pasi(stay, Grade="10", RegistrationExitDate=stay["exit_date"])
    here = now(product, stay)
    assert (here["grade"], here["exit_date"]) == ("10", stay["exit_date"])


def test_without_javascript_pasis_values_are_taken(product: Product, new_page: NewPage) -> None:
    stay = older_stay(product, 1)
    product.change_in_pasi(stay, Grade="11")
    page = new_page("district", java_script_enabled=False)
    page.goto(f"/students/{stay['student']}/")
    page.get_by_role("link", name="Compare with PASI").click()
    page.get_by_role("button", name="Read PASI's record now").click()
    page.get_by_role("button", name="Take PASI's values").click()
    expect(page.get_by_text("PASI's values taken. Nothing is sent.")).to_be_visible()
    assert now(product, stay)["grade"] == product.in_pasi(stay)["Grade"] == "11"
