"""A student leaves, and what people do when that was wrong: each action once, and all sides are equal afterwards."""

import re
from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.guiding import courses, days_ago, equal, look, open_action, press, take_back
from tests.journeys.pictures import Pictures
from tests.journeys.product import Json, Product
from tests.journeys.watch import axe, scrolls_sideways

Pairs = Iterator[tuple[Json, Json]]


def withdrawn(product: Product, day: str) -> Json:
    """An enrolment that was withdrawn here before, and has reached PASI."""
    stay = product.next_stay()
    product.api(f"/enrolments/{stay['id']}/withdraw/", method="POST", last_day_attended=day, reason="Moved")
    return equal(product, stay, exit_date=day, exit_date_type="WithdrawalDate")


def looks_right(page: Page) -> None:
    """Wide and narrow, light and dark."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert not axe(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert not axe(page)
    assert not scrolls_sideways(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert not scrolls_sideways(page)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_withdraw_takes_at_most_six_steps(product: Product, new_page: NewPage, picture: Pictures) -> None:
    """Pages opened, fields filled and buttons pressed, from the head of the student's page; the preview needs none."""
    stay = product.next_stay()
    page = new_page("registrar_a")
    page.goto(f"/students/{stay['student']}/")
    steps = 1
    page.get_by_role("link", name="Withdraw…").first.click()  # opens the page with its preview
    expect(page.get_by_text(f"ends {days_ago(0)}").first).to_be_attached()
    steps += 2
    page.get_by_label("Last day attended").fill(days_ago(4))
    page.get_by_label("Reason").select_option("Moved")  # the date is left: the preview follows
    expect(page.locator("#looked")).to_contain_text(days_ago(4))
    assert not axe(page)
    picture(page, "withdraw-live", height=900)
    steps += 2
    press(page, page.locator("#dock button[value=do]").inner_text())  # and opens the page of what was done
    assert steps <= 6
    equal(product, stay, exit_date=days_ago(4), exit_date_type="WithdrawalDate")


def test_withdraw(product: Product, new_page: NewPage, at_both_schools: Pairs, picture: Pictures) -> None:
    stay, _side = next(at_both_schools)
    page = new_page("registrar_a")
    page.goto(f"/students/{stay['student']}/")
    page.locator(f"button[popovertarget='actions-{stay['id']}']").click()
    expect(page.locator(".deed", has_text="Withdraw…")).to_be_visible()
    assert not axe(page)
    picture(page, "actions", height=860)
    open_action(page, stay, "Withdraw…")
    page.get_by_label("Last day attended").fill(days_ago(-1))
    page.get_by_label("Reason").select_option("Moved")
    page.get_by_label("Note").fill("The family told us by telephone.")
    picture(page, "withdraw-details", height=760)
    page.get_by_role("button", name=re.compile("(Show|Update) the preview")).click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be in the future")
    page.get_by_label("Last day attended").fill(days_ago(9))
    look(page)
    expect(page.get_by_label("Note")).to_have_value("The family told us by telephone.")
    looks_right(page)
    picture(page, "withdraw", height=1340)
    press(page, "Withdraw: change 3, send 1")
    expect(page.locator(f"#state-{stay['id']}")).to_contain_text(re.compile("In PASI|In step"))
    looks_right(page)
    picture(page, "withdraw-done", height=760)
    equal(product, stay, exit_date=days_ago(9), exit_date_type="WithdrawalDate")
    assert [one["exit_date"] for one in courses(product, stay)] == [days_ago(9)]
    take_back(page)
    equal(product, stay, exit_date=stay["exit_date"], exit_date_type="CompletionDate")
    assert len(courses(product, stay)) == 2


def test_correct_the_last_day(product: Product, new_page: NewPage, picture: Pictures) -> None:
    stay = withdrawn(product, days_ago(12))
    page = new_page("registrar_a")
    open_action(page, stay, "Correct the last day…")
    expect(page.get_by_label("Last day attended")).to_have_value(days_ago(12))
    page.get_by_label("Last day attended").fill(days_ago(7))
    page.get_by_label("Reason").fill("The register says so.")
    look(page)
    picture(page, "correct-last-day", height=900)
    press(page, "Correct the last day: change 1, send 1")
    equal(product, stay, exit_date=days_ago(7), exit_date_type="WithdrawalDate")


def test_the_withdrawal_was_a_mistake(product: Product, new_page: NewPage, picture: Pictures) -> None:
    stay = withdrawn(product, days_ago(12))
    page = new_page("registrar_a")
    open_action(page, stay, "The withdrawal was a mistake…")
    page.get_by_label("Reason").fill("Another student of the same name left.")
    look(page)
    picture(page, "mistake", height=900)
    press(page, "The withdrawal was a mistake: change 1, send 1")
    now = equal(product, stay, exit_date_type="CompletionDate")
    assert now["exit_date"] > days_ago(0)


def test_never_attended(product: Product, new_page: NewPage, picture: Pictures) -> None:
    stay = product.next_stay()
    page = new_page("registrar_a")
    open_action(page, stay, "Never attended…")
    page.get_by_label("Reason").fill("Did not come, and enrolled elsewhere.")
    look(page)
    picture(page, "never-attended", height=900)
    press(page, "Never attended: change 1, send 1")
    equal(product, stay, deleted=True)


def test_entered_in_error_and_undelete(product: Product, new_page: NewPage, picture: Pictures) -> None:
    stay = product.next_stay()
    page = new_page("registrar_a")
    open_action(page, stay, "Entered in error…")
    page.get_by_label("Reason").fill("A duplicate of the enrolment before it.")
    look(page)
    picture(page, "entered-in-error", height=900)
    press(page, "Entered in error: change 1, send 1")
    equal(product, stay, deleted=True)

    open_action(page, stay, "Undelete…")
    page.get_by_label("Reason").fill("It was the right one after all.")
    look(page)
    press(page, "Undelete: change 1, send 1")
    equal(product, stay, deleted=False, exit_date=stay["exit_date"])


def test_courses_end_after_a_withdrawal_from_pasi(
    product: Product, new_page: NewPage, at_both_schools: Pairs, picture: Pictures
) -> None:
    stay, _side = next(at_both_schools)
    product.change_in_pasi(stay, RegistrationExitDate=days_ago(6), ExitDateType="WithdrawalDate")
    item = product.await_item(stay)
    page = new_page("registrar_a")
    page.goto(f"/changes/{item['id']}/")
    page.get_by_role("button", name="Accept PASI").first.click()  # only PASI changed: it decides and saves
    expect(page.get_by_text("but courses continue here")).to_be_visible()
    assert not axe(page)
    picture(page, "courses-go-on", height=640)
    page.get_by_role("link", name="End course enrolments…").click()
    page.get_by_label("Reason").fill("Left, as PASI says.")
    look(page)
    expect(page.get_by_text("Nothing is sent to PASI")).to_be_visible()
    press(page, "End course enrolments: change 2, send nothing")
    equal(product, stay, exit_date=days_ago(6), exit_date_type="WithdrawalDate")
    assert [one["exit_date"] for one in courses(product, stay)] == [days_ago(6)]


def test_without_javascript_and_pressed_twice(product: Product, new_page: NewPage) -> None:
    stay = product.next_stay()
    page = new_page("registrar_a", java_script_enabled=False)
    page.goto(f"/students/{stay['student']}/")
    page.locator(f"button[popovertarget='actions-{stay['id']}']").click()
    page.locator(".deed", has_text="Withdraw…").click()
    page.get_by_label("Last day attended").fill(days_ago(4))
    page.get_by_label("Reason").select_option("Moved")
    page.get_by_label("Last day attended").press("Enter")
    expect(page.get_by_text(f"ends {days_ago(4)}").first).to_be_attached()
    button = page.get_by_role("button", name="Withdraw: change")
    button.dblclick(no_wait_after=True)
    page.wait_for_url("**/actions/*/")
    done = page.url
    equal(product, stay, exit_date=days_ago(4), exit_date_type="WithdrawalDate")
    assert page.url == done  # and no browser keeps the form behind it: nothing that a person gets is kept
