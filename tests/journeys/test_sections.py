"""A section on both sides: added here, changed in PASI and decided, deleted here."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.journeys.conftest import NewPage
from tests.journeys.pictures import Pictures
from tests.journeys.product import Json, Product, reload_until, wait_for
from tests.journeys.watch import axe
from tests.simulator_process import SECTIONS

SCHOOL, LOCAL_ID = "7101", "LANT-77"


def in_pasi(product: Product, **members: Any) -> Json:
    """PASI's record of the section, once it holds these members."""

    def record() -> Json | None:
        mine, path = [], f"{SECTIONS}?SchoolCode={SCHOOL}"
        while path:
            answer = product.http.get(f"{product.pasiprep}{path}", timeout=30).json()
            mine += [one for one in answer["results"] if one.get("LocalSectionId") == LOCAL_ID]
            path = answer["next"]
        return next((one for one in mine if all(one.get(name) == value for name, value in members.items())), None)

    return wait_for(record, f"section {LOCAL_ID} with {members} in PASI")


def change_in_pasi(product: Product, record: Json, **members: Any) -> None:
    body = members | {"_as": {"name": "Tove Vandermolen", "organization": "A.7010"}}
    answer = product.http.patch(f"{product.pasiprep}{SECTIONS}{record['RefId']}/", json=body, timeout=30)
    assert answer.ok, answer.text


def item_of(product: Product, record: Json) -> Json:
    address = f"/discrepancies/?entity=section&key={record['RefId']}&status=open"
    return wait_for(lambda: product.api(address)["results"], "the change of the section")[0]


def test_a_section_added_here_changed_in_pasi_and_deleted_here(
    product: Product, new_page: NewPage, picture: Pictures
) -> None:
    page = new_page("registrar_a")
    page.goto(f"/schools/{SCHOOL}/")
    page.get_by_role("link", name="Add a section").click()
    assert not axe(page)
    year = product.next_stay()["school_year"]
    term = page.locator(f"select[name=term] optgroup[label='{year}'] option").filter(has_text="Semester 1")
    page.locator("select[name=term]").select_option(term.get_attribute("value"))
    page.get_by_label(re.compile("^\\s*Section number")).fill("77")
    page.get_by_label(re.compile("^\\s*Course codes")).fill("MAT9000")
    page.get_by_label(re.compile("^\\s*Local section ID")).fill(LOCAL_ID)
    page.get_by_role("button", name="Add the section").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mathematics 9, section 77")
    here = page.url
    record = in_pasi(product, IsDeleted=False)
    assert record["CourseCodes"] == ["MAT9000"]
    standing = page.get_by_role("region", name="Synchronization with PASI")
    reload_until(page, standing, "Both sides match.")
    assert not axe(page)
    picture(page, "section-in-step")

    change_in_pasi(product, record, InstructionalMinutesOffered=4500)
    item = item_of(product, record)
    page.goto(f"/changes/{item['id']}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mathematics 9, section 77")
    assert not axe(page)
    picture(page, "section-change")
    page.get_by_role("button", name="Accept PASI and next").click()
    page.goto(here)
    reload_until(page, standing, "Both sides match.")
    expect(page.locator("main")).to_contain_text(re.compile("4[, ]?500"))

    change_in_pasi(product, record, Description="Other words")
    item = item_of(product, record)
    page.goto(f"/changes/{item['id']}/")
    page.get_by_role("button", name="Keep SIS in all").click()
    page.get_by_role("textbox", name="Reason").fill("The timetable says so.")
    page.get_by_role("button", name="Save the decision").click()
    in_pasi(product, Description=record["Description"], InstructionalMinutesOffered=4500)

    page.goto(here)
    page.get_by_role("link", name="Edit the section").click()
    page.get_by_role("link", name="Delete the section").click()
    expect(page.get_by_role("region", name="In PASI")).to_contain_text("One submission that deletes the section")
    assert not axe(page)
    picture(page, "section-deletion")
    page.get_by_role("textbox", name="Reason").fill("The course is not offered.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Delete the section")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("This section is deleted.")
    in_pasi(product, IsDeleted=True)
    reload_until(page, standing, "Both sides match.")
