"""Doors: another school's people, wrong passwords, an administrator's work."""

from playwright.sync_api import expect

from tests.journeys.conftest import NewPage, sign_in
from tests.journeys.product import PASSWORD, Product
from tests.journeys.test_when_something_waits import add_person

WRONG_TRIES = 5


def test_another_schools_registrar_finds_none_of_it(product: Product, new_page: NewPage) -> None:
    stay = product.next_stay()
    product.change_in_pasi(stay, RegistrationExitDate="2027-05-20")
    item = product.await_item(stay)
    product.api(f"/discrepancies/{item['id']}/reject/", method="POST", reason="Ours is right")
    product.await_item(stay, "settled")
    submission = product.api(f"/submissions/?ref_id={stay['ref_id']}")["results"][-1]
    paths = (
        f"/students/{stay['student']}/",
        f"/enrolments/{stay['id']}/edit/",
        f"/changes/{item['id']}/",
        f"/submissions/{submission['id']}/",
    )
    own, foreign = new_page("registrar_a"), new_page("registrar_b")
    for path in paths:
        assert own.goto(path).status == 200, path
        assert foreign.goto(path).status == 404, path
        expect(foreign.get_by_role("heading", level=1)).to_be_visible()
    foreign.goto("/students/find/")
    foreign.get_by_label("Find a student by name").fill(stay["asn"])
    foreign.keyboard.press("Enter")
    expect(foreign.get_by_text("No students found at your schools")).to_be_visible()


def test_five_wrong_passwords_lock_the_name(product: Product, new_page: NewPage) -> None:
    admin = new_page("admin")
    add_person(admin, first="Ines", last="Okafor", username="iokafor", role="Registrar", schools=[])
    page = new_page()
    page.goto("/sign-in/")
    for n in range(WRONG_TRIES):
        page.get_by_label("User name").fill("iokafor")
        page.get_by_label("Password", exact=True).fill(f"wrong-password-{n}")
        page.get_by_role("button", name="Sign in").click()
        if n < WRONG_TRIES - 1:
            expect(page.get_by_role("alert")).to_contain_text("Not signed in")
    expect(page.get_by_text("Too many failed attempts")).to_be_visible()
    page.goto("/sign-in/")
    page.get_by_label("User name").fill("iokafor")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Too many failed attempts")).to_be_visible()  # the right one has to wait as well
    admin.reload()
    admin.get_by_role("button", name="Unlock the account").click()
    expect(admin.get_by_text("can sign in again")).to_be_visible()
    sign_in(page, "iokafor")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_an_administrator_adds_a_person_who_makes_a_token(product: Product, new_page: NewPage) -> None:
    admin = new_page("admin")
    add_person(
        admin,
        first="Maude",
        last="Tremblay",
        username="mtremblay",
        role="Registrar",
        schools=["Cottonwood Hill School"],
    )
    address = admin.url
    expect(admin.get_by_role("form", name="New token")).to_have_count(0)  # only the owner makes one
    page = new_page()
    sign_in(page, "mtremblay")
    page.goto("/profile/")
    tokens = page.get_by_role("form", name="New token")
    tokens.locator("#id_name").fill("Timetable")
    tokens.locator("[name=present]").fill(PASSWORD)
    tokens.get_by_role("button", name="Make a token").click()
    token = page.locator(".notice code").inner_text()
    answer = product.http.get(f"{product.url}/api/v1/schools/", headers={"Authorization": f"Token {token}"}, timeout=30)
    assert answer.status_code == 200
    assert [school["name"] for school in answer.json()["results"]] == ["Cottonwood Hill School"]
    admin.goto(address)
    expect(admin.get_by_text(token)).to_have_count(0)  # shown once
    admin.get_by_role("button", name="Revoke").click()
    expect(admin.get_by_text("The token Timetable is revoked.")).to_be_visible()
    refused = product.http.get(
        f"{product.url}/api/v1/schools/", headers={"Authorization": f"Token {token}"}, timeout=30
    )
    assert refused.status_code == 401
