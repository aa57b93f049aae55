"""Decided together: chosen by keyboard, looked at, done as a job, taken back; and the same without JavaScript."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.pictures import Pictures
from tests.journeys.product import Json, Product, wait_for
from tests.journeys.test_decisions import focused, other_grade
from tests.journeys.watch import axe, shortcut


def changed(product: Product, number: int) -> list[Json]:
    """Enrolments whose grade somebody changes in PASIprep; their changes wait."""
    stays = [product.next_stay() for _ in range(number)]
    for stay in stays:
        product.change_in_pasi(stay, Grade=other_grade(stay))
    for stay in stays:
        stay["item"] = product.await_item(stay)
    return stays


def choose(page: Page, items: set[int]) -> None:
    """j to each row, x on those that are wanted."""
    left = set(items)
    for _ in range(60):
        shortcut(page, "j")
        mine = page.evaluate("document.activeElement.closest('tr')?.querySelector('.tick')?.value")
        if mine and int(mine) in left:
            shortcut(page, "x")
            left.discard(int(mine))
        if not left:
            return
    raise AssertionError(f"not on the list: {left}; {focused(page)}")


def ended(page: Page, words: str) -> None:
    """The job's page draws itself anew when the job has ended."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


def test_accepted_together_and_taken_back(product: Product, new_page: NewPage, picture: Pictures) -> None:
    stays = changed(product, 3)
    page = new_page("registrar_a")
    page.goto("/changes/?group=safe&field=grade&order=newest")
    expect(page.get_by_role("button", name="Accept PASI…")).to_be_hidden()
    choose(page, {stay["item"]["id"] for stay in stays})
    expect(page.get_by_role("region", name="Selected changes")).to_contain_text("3 selected")
    assert not axe(page)
    shortcut(page, "a")
    expect(page.get_by_role("heading", level=1)).to_have_text("Accept PASI in 3 changes")
    assert not axe(page)
    picture(page, "bulk-preview")
    assert product.stay(stays[0])["grade"] == stays[0]["grade"], "a preview changes nothing"
    page.get_by_role("textbox", name="Reason").fill("Agreed with the other school.")
    page.get_by_role("button", name="Accept PASI: change 3 here").click()
    ended(page, "Bulk decisions: 3 done")
    picture(page, "bulk-result", height=620)
    for stay in stays:
        assert product.stay(stay)["grade"] == other_grade(stay)
        assert product.in_pasi(stay)["Grade"] == other_grade(stay)
        product.await_state(stay, "in_step")
    assert not axe(page)

    shortcut(page, "u")
    expect(page.get_by_role("heading", level=1)).to_have_text("All 3 records can be undone")
    assert not axe(page)
    page.get_by_role("button", name="Undo 3 records").click()
    expect(page.get_by_role("alert")).to_be_visible()  # a reason is asked for
    page.get_by_role("textbox", name="Reason").fill("The wrong list.")
    page.get_by_role("button", name="Undo 3 records").click()
    ended(page, "Undo: 3 done")
    for stay in stays:
        assert product.stay(stay)["grade"] == stay["grade"]
        assert product.await_item(stay)["id"] == stay["item"]["id"]
        assert product.in_pasi(stay)["Grade"] == other_grade(stay), "nothing is sent"
    page.get_by_role("link", name="Record by record").click()
    expect(page.get_by_text("Undone").first).to_be_visible()
    page.goto("/")
    expect(page.locator("#h-activity").locator("xpath=ancestor::section")).to_contain_text(
        "Bulk decisions: Accept PASI, undone"
    )


def test_kept_together_without_javascript(product: Product, new_page: NewPage) -> None:
    stays = changed(product, 2)
    page = new_page("registrar_a", java_script_enabled=False)
    page.goto("/changes/?order=newest")
    for stay in stays:
        page.locator(f"input[name=item][value='{stay['item']['id']}']").check()
    page.get_by_role("button", name="Keep SIS…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keep SIS in 2 changes")
    page.get_by_role("button", name="Keep SIS: send 2").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("textbox", name="Reason").fill("Signed by the parents.")
    page.get_by_role("button", name="Keep SIS: send 2").click()
    expect(page).to_have_url(re.compile(r"/jobs/\d+/$"))

    def done() -> bool:
        if page.get_by_role("link", name="Refresh").count():
            page.get_by_role("link", name="Refresh").click()
        return "2 done" in page.get_by_role("heading", level=1).inner_text()

    wait_for(done, "the job to end")
    for stay in stays:
        product.await_pasi(stay, Grade=stay["grade"])
        product.await_item(stay, "settled")
        product.await_state(stay, "in_step")
