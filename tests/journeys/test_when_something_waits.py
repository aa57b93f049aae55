"""What people see when a change cannot go out: PASI away, synchronization off, a name that PASI cannot store."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage, sign_in
from tests.journeys.pictures import Pictures
from tests.journeys.product import PASSWORD, Json, Product
from tests.journeys.watch import axe


def save_exit_date(page: Page, stay: Json, day: str) -> None:
    page.goto(f"/enrolments/{stay['id']}/edit/")
    page.get_by_label("Exit date", exact=True).fill(day)
    page.get_by_role("button", name="Save the changes").click()
    expect(page).to_have_url(re.compile(rf"/students/{stay['student']}/"))


def add_person(page: Page, *, first: str, last: str, username: str, role: str, schools: list[str]) -> None:
    """As an administrator does it; ends on the page of the new person."""
    page.goto("/people/add/")
    page.get_by_label("First name").fill(first)
    page.get_by_label("Last name").fill(last)
    page.get_by_label("User name").fill(username)
    page.get_by_role("radio", name=role).check()
    page.get_by_role("button", name="Add the person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{first} {last}")
    link = page.get_by_role("status").get_by_role("code").inner_text()
    set_password(page, link)
    for school in schools:
        page.get_by_role("checkbox", name=school).check()
    page.get_by_role("button", name="Save the schools").click()
    expect(page.get_by_text("The schools of")).to_be_visible()


def set_password(page: Page, link: str) -> None:
    """As the new person does it, in a browser of their own."""
    assert page.context.browser is not None
    browser = page.context.browser.new_context()
    own = browser.new_page()
    own.goto(link)
    own.get_by_label("New password", exact=True).fill(PASSWORD)
    own.get_by_label("Repeat the new password").fill(PASSWORD)
    own.get_by_role("button", name="Set the password").click()
    expect(own.get_by_role("heading", name="Your password is set")).to_be_visible()
    browser.close()


def switch_synchronization(page: Page) -> None:
    page.goto("/setup/synchronization/")
    page.locator("label.switch", has_text=re.compile("regular synchronization", re.IGNORECASE)).click()
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_text("Nothing has been changed yet.")).to_be_visible()


def test_pasi_is_away_and_comes_back(product: Product, new_page: NewPage, picture: Pictures) -> None:
    stay = product.next_stay()
    page = new_page("registrar_a")
    page.goto("/")
    product.knobs(unavailable=True)
    expect(page.locator("a.linkstate")).to_contain_text(
        "PASI unavailable", timeout=60_000
    )  # an open page tells it by itself
    save_exit_date(page, stay, "2027-06-15")
    page.goto("/")
    expect(page.get_by_text("PASI has been unavailable since")).to_be_visible()
    expect(page.get_by_text("What still works")).to_be_visible()
    assert not axe(page)
    picture(page, "pasi-away")
    assert product.stay(stay)["pasi"]["state"] in {"waiting", "in_flight", "checking"}
    product.knobs(unavailable=False)
    product.await_pasi(stay, seconds=90, RegistrationExitDate="2027-06-15")
    product.await_state(stay, "in_step")
    page.reload()
    expect(page.get_by_text("PASI has been unavailable since")).to_have_count(0)
    expect(page.locator("a.linkstate")).to_contain_text("PASI reachable")


def test_a_name_that_pasi_cannot_store_is_agreed_once(product: Product, new_page: NewPage, picture: Pictures) -> None:
    stay = product.next_stay()
    admin = new_page("admin")
    add_person(
        admin, first="Đorđe", last="Šarić", username="dsaric", role="Registrar", schools=["Lantern Creek School"]
    )
    picture(admin, "person")
    page = new_page()
    sign_in(page, "dsaric")
    save_exit_date(page, stay, "2027-06-09")
    expect(page.locator(f"#state-{stay['id']}")).to_contain_text("Held")
    page.locator(f"#state-{stay['id']} a").click()
    expect(page.get_by_text("Your name or local ID has characters that PASI cannot store.").first).to_be_visible()
    picture(page, "submission-held")
    page.goto("/profile/")
    expect(page.get_by_text("Approve how PASI writes your name")).to_be_visible()
    page.locator("#id_plain_name").fill("Dorde Saric")
    page.get_by_role("button", name="Save the profile").click()
    product.await_pasi(stay, RegistrationExitDate="2027-06-09")
    assert product.in_pasi(stay)["LastUpdate"]["UserName"] == "Dorde Saric"


def test_synchronization_off_holds_and_on_sends(product: Product, new_page: NewPage, picture: Pictures) -> None:
    stay = product.next_stay()
    officer = new_page("district")
    officer.goto("/")
    officer.locator(".sidenav a[href='/setup/']").click()
    expect(officer.locator(".steps > li").first).to_be_visible()
    picture(officer, "setup")
    switch_synchronization(officer)
    expect(officer.get_by_role("heading", level=1)).to_have_text("Switch regular synchronization off?")
    officer.get_by_role("button", name="Switch off").click()
    expect(officer.locator(".toast")).to_contain_text("Saved")

    registrar = new_page("registrar_a")
    save_exit_date(registrar, stay, "2027-06-07")
    held = product.await_state(stay, "held")
    assert held["pasi"]["reason"] == "sync_off"
    registrar.reload()
    expect(registrar.get_by_text("Regular synchronization is off.").first).to_be_visible()
    assert product.in_pasi(stay)["RegistrationExitDate"] == stay["exit_date"]

    switch_synchronization(officer)
    expect(officer.get_by_role("heading", level=1)).to_have_text("Switch regular synchronization on?")
    expect(officer.locator(".effects")).to_contain_text(re.compile(r"[1-9]\d* held changes? will be sent"))
    assert not axe(officer)
    officer.get_by_role("button", name=re.compile("Switch on, send")).click()
    product.await_pasi(stay, RegistrationExitDate="2027-06-07")
    product.await_state(stay, "in_step")
