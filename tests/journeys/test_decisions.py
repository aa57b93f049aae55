"""Decisions: by keyboard alone, without JavaScript, taken back, and on a record that was deleted in PASI."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.product import Json, Product, wait_for
from tests.journeys.watch import axe, shortcut


def other_grade(stay: Json) -> str:
    return "11" if stay["grade"] != "11" else "12"


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until the focus is on the control whose text or label begins with the name."""
    for _ in range(80):
        page.keyboard.press("Tab")
        words = page.evaluate(
            "(() => { const e = document.activeElement; return e.labels?.[0]?.textContent || e.textContent })()"
        )
        if words.strip().startswith(name):
            return
    raise AssertionError(f"Tab does not reach {name!r}")


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.closest('tr')?.innerText ?? ''")


def test_the_story_by_keyboard_alone(product: Product, new_page: NewPage) -> None:
    mine, second, third = product.next_stay(), product.next_stay(), product.next_stay()
    page = new_page()
    page.goto("/sign-in/")
    tab_to(page, "User name")
    page.keyboard.type("registrar_a")
    page.keyboard.press("Tab")
    page.keyboard.type("lantern-demo-2026")
    page.keyboard.press("Enter")
    expect(page.locator("#find")).to_be_visible()

    shortcut(page, "/")
    page.keyboard.type(mine["asn"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/students/{mine['student']}/"))
    tab_to(page, "Edit\n")  # of the enrolment: the word, and then unseen whose
    page.keyboard.press("Enter")
    expect(page.get_by_label(re.compile(r"^\s*Grade"))).to_be_visible()
    tab_to(page, "Exit date")
    page.keyboard.type("06152027")  # as the browser of these tests orders month, day and year
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"#state-{mine['id']}")).to_contain_text(re.compile("In PASI|In step"))
    product.await_pasi(mine, RegistrationExitDate="2027-06-15")

    for stay in (second, third):
        product.change_in_pasi(stay, Grade=other_grade(stay))
        product.await_item(stay)
    shortcut(page, "?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert not axe(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    shortcut(page, "g")
    shortcut(page, "i")
    expect(page).to_have_url(re.compile("/changes/$"))
    shortcut(page, "j")
    top = focused(page)
    shortcut(page, "j")
    assert focused(page) != top
    shortcut(page, "k")
    assert focused(page) == top
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Save the decision")).to_be_visible()
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    tops = "[...document.querySelectorAll('.dockbar > :is(a, button)')].map(one => one.getBoundingClientRect().top)"
    assert len(set(page.evaluate(tops))) == 1  # one row
    assert size is not None
    page.set_viewport_size(size)
    first_address = page.url
    shortcut(page, "j")
    expect(page).not_to_have_url(first_address)
    shortcut(page, "k")
    expect(page).to_have_url(re.compile(re.escape(re.sub(r"\?.*", "", first_address))))

    page.goto(f"/changes/{product.await_item(second)['id']}/")
    shortcut(page, "r")
    expect(page.get_by_label("Reason (required")).to_be_focused()
    page.keyboard.type("The class list says otherwise.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Kept SIS").first).to_be_visible()
    product.await_item(second, "settled")
    product.await_pasi(second, Grade=second["grade"])

    item = product.await_item(third)
    page.goto(f"/changes/{item['id']}/")
    shortcut(page, "a")  # only PASI changed: saved at once
    expect(page.locator(".toast")).to_contain_text("Accepted PASI")
    assert product.stay(third)["grade"] == other_grade(third)
    shortcut(page, "u")
    expect(page.locator(".toast")).to_contain_text("Decision undone")
    assert product.stay(third)["grade"] == third["grade"]
    product.await_item(third, "open")


def test_an_accept_is_taken_back_with_the_button(product: Product, new_page: NewPage) -> None:
    stay = product.next_stay()
    product.change_in_pasi(stay, RegistrationExitDate="2027-05-20")
    item = product.await_item(stay)
    page = new_page("registrar_a")
    page.goto(f"/changes/{item['id']}/")
    page.get_by_role("button", name="Accept PASI and next").click()
    wait_for(lambda: product.stay(stay)["exit_date"] == "2027-05-20", "PASI's value is taken")
    page.goto(f"/changes/{item['id']}/")
    page.get_by_role("button", name="Undo this decision").click()
    expect(page.locator(".toast")).to_contain_text("Decision undone")
    assert product.stay(stay)["exit_date"] == stay["exit_date"]
    assert product.in_pasi(stay)["RegistrationExitDate"] == "2027-05-20", "nothing is sent"
    assert product.await_item(stay, "open")["id"] == item["id"]


def test_deleted_in_pasi_is_restored_by_a_reject(product: Product, new_page: NewPage) -> None:
    stay = product.next_stay()
    product.delete_in_pasi(stay)
    item = product.await_item(stay)
    assert item["kind"] == "deleted_in_pasi"
    page = new_page("registrar_a")
    page.goto(f"/changes/{item['id']}/")
    assert not axe(page)
    page.locator("input[name=field-whole][value=sis]").locator("..").click()
    page.get_by_label("Reason (required").fill("The student is here every day.")
    page.get_by_role("button", name="Save the decision").click()
    product.await_pasi(stay, IsDeleted=False)
    product.await_item(stay, "settled")
    product.await_state(stay, "in_step")


def test_a_change_while_the_page_is_open_is_told_and_not_overrun(product: Product, new_page: NewPage) -> None:
    stay = product.next_stay()
    product.change_in_pasi(stay, RegistrationExitDate="2027-05-20")
    item = product.await_item(stay)
    page = new_page("registrar_a")
    page.goto(f"/changes/{item['id']}/")
    page.get_by_label("Reason (required").fill("Ours is right")
    product.change_in_pasi(stay, RegistrationExitDate="2027-05-21")
    expect(page.locator("#pulse")).to_contain_text("This record has changed")
    page.get_by_role("button", name="Keep SIS in all").click()
    page.get_by_role("button", name="Save the decision").click()
    expect(page.get_by_role("alert")).to_contain_text("Not saved")
    expect(page.get_by_label("Reason (required")).to_have_value("Ours is right")
    expect(page.get_by_text("2027-05-21").first).to_be_visible()
    assert product.in_pasi(stay)["RegistrationExitDate"] == "2027-05-21"


def test_the_decision_without_javascript(product: Product, new_page: NewPage) -> None:
    stay = product.next_stay()
    grade = other_grade(stay)
    product.change_in_pasi(stay, RegistrationExitDate="2027-05-20", Grade=grade)
    item = product.await_item(stay)
    page = new_page("registrar_a", java_script_enabled=False)
    page.goto("/changes/?order=newest")
    page.locator(f"tbody a[href^='/changes/{item['id']}/']").click()
    for field, choice in (("grade", "pasi"), ("exit_date", "sis")):
        page.locator(f"input[name=field-{field}][value={choice}]").locator("..").click()
    page.get_by_role("button", name="Save the decision").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why PASI is to be reset")  # the choices are kept
    page.get_by_label("Reason (required").fill("Signed by the parents.")
    page.get_by_role("button", name="Save the decision").click()
    expect(page.get_by_text("Accepted PASI:").first).to_be_visible()
    product.await_pasi(stay, RegistrationExitDate=stay["exit_date"], Grade=grade)
    product.await_item(stay, "settled")
    page.goto(f"/enrolments/{stay['id']}/edit/")
    page.get_by_label("Exit date", exact=True).fill("2027-06-10")
    page.get_by_role("button", name="Save the changes").click()
    product.await_pasi(stay, RegistrationExitDate="2027-06-10")
