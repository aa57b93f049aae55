"""A student comes back, moves to the concurrent school, takes courses at a second one: all sides are equal afterwards."""

import re
from collections.abc import Iterator

from playwright.sync_api import expect

from tests.journeys.conftest import NewPage
from tests.journeys.guiding import courses, days_ago, equal, look, of_student, open_action, press, take_back
from tests.journeys.pictures import Pictures
from tests.journeys.product import Json, Product
from tests.journeys.test_guided_leaving import looks_right, withdrawn
from tests.journeys.watch import axe

Pairs = Iterator[tuple[Json, Json]]


def test_return(product: Product, new_page: NewPage, picture: Pictures) -> None:
    stay = withdrawn(product, days_ago(12))
    page = new_page("registrar_a")
    open_action(page, stay, "Return…")
    page.get_by_label("Start date").fill(days_ago(12))
    page.get_by_role("button", name=re.compile("(Show|Update) the preview")).click()
    expect(page.get_by_role("alert")).to_contain_text("A return must start after that")
    page.get_by_label("Start date").fill(days_ago(5))
    picture(page, "return-details", height=1000)
    look(page)
    looks_right(page)
    picture(page, "return", height=900)
    press(page, "Return: create 1, send 1")
    made = of_student(product, stay)[0]
    assert made["id"] != stay["id"]
    equal(product, made, start_date=days_ago(5), exit_date_type="CompletionDate", grade=stay["grade"])
    equal(product, stay, exit_date=days_ago(12), exit_date_type="WithdrawalDate")
    assert made["ref_id"] != stay["ref_id"]


def test_transfer_out_goes_in_order_and_back(
    product: Product, new_page: NewPage, at_both_schools: Pairs, picture: Pictures
) -> None:
    main, side = next(at_both_schools)
    page = new_page("registrar_a")
    open_action(page, main, "Transfer out…")
    page.get_by_label("Transfer date").fill(days_ago(9))
    page.get_by_label("Reason").select_option("Moved")
    picture(page, "transfer-details", height=900)
    look(page)
    looks_right(page)
    picture(page, "transfer", height=1080)
    picture(page, "transfer-390", width=390, height=1700)
    press(page, "Transfer out: change 8, send 3")
    made = of_student(product, main)[0]
    for ended in (main, side):
        equal(product, ended, exit_date=days_ago(9), exit_date_type="WithdrawalDate")
    equal(product, made, concurrent=False, exit_date_type="CompletionDate", school=side["school"])
    assert made["start_date"] > days_ago(9)
    assert len(courses(product, made)) == 2
    looks_right(page)
    picture(page, "transfer-done", height=1180)

    other = new_page("district")
    other.goto("/notices/")
    expect(other.get_by_text("transferred a student out of school 7101").first).to_be_visible()

    take_back(page)
    for back in (main, side):
        equal(product, back, exit_date=back["exit_date"], exit_date_type="CompletionDate")
    equal(product, made, deleted=True)


def test_a_transfer_for_a_later_day_is_planned_and_cancelled(
    product: Product, new_page: NewPage, at_both_schools: Pairs, picture: Pictures
) -> None:
    main, _side = next(at_both_schools)
    day = days_ago(-12)
    page = new_page("registrar_a")
    open_action(page, main, "Transfer out…")
    page.get_by_label("Transfer date").fill(day)
    page.get_by_label("Reason").select_option("Moved")
    look(page)
    page.get_by_role("button", name=f"Transfer out, planned for {day}").click()
    page.wait_for_url("**/actions/*/")
    looks_right(page)
    page.get_by_role("link", name="Planned actions").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"\d+ actions? (is|are) planned"))
    looks_right(page)
    picture(page, "planned", height=520)
    equal(product, main, exit_date=main["exit_date"], exit_date_type="CompletionDate")
    row = page.get_by_role("row").filter(has_text=day)
    row.get_by_role("link", name="Cancel…").click()
    page.get_by_label("Reason to undo").fill("They stay.")
    assert not axe(page)
    page.get_by_role("button", name="Cancel the planned action").click()
    expect(page.get_by_text("Cancelled by")).to_be_visible()
    equal(product, main, exit_date=main["exit_date"], exit_date_type="CompletionDate")


def test_a_concurrent_enrolment_is_made_and_closed(product: Product, new_page: NewPage, picture: Pictures) -> None:
    main = product.next_stay()
    page = new_page("district")
    open_action(page, main, "Add a concurrent enrolment…")
    school = page.get_by_label("School", exact=True)
    school.select_option(school.locator("option", has_text="7102").get_attribute("value"))
    page.get_by_label("Start date").fill(days_ago(20))
    page.get_by_label("Exit date").fill(main["exit_date"])
    look(page)
    expect(
        page.get_by_text("Check before you continue")
    ).to_be_visible()  # school B stores its first semester otherwise
    looks_right(page)
    picture(page, "concurrent", height=1180)
    press(page, "New enrolment: create 1, send 1")
    made = of_student(product, main)[0]
    made = equal(product, made, concurrent=True, start_date=days_ago(20))

    open_action(page, made, "Close a concurrent enrolment…")
    page.get_by_label("Last day at the concurrent school").fill(days_ago(2))
    page.get_by_label("Reason").fill("The course is done.")
    look(page)
    picture(page, "close-concurrent", height=900)
    press(page, "Close a concurrent enrolment: change 1, send 1")
    equal(product, made, exit_date=days_ago(2), exit_date_type="CompletionDate")
    equal(product, main, exit_date=main["exit_date"])
