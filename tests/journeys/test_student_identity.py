"""A student's name on both sides: changed here, changed in PASI and accepted, rejected, changed on both sides."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.pictures import Pictures
from tests.journeys.product import Json, Product, reload_until, wait_for
from tests.journeys.watch import axe

STUDENTS = "/control/records/Student/"


def in_pasi(product: Product, asn: str, **identity: Any) -> Json:
    """PASI's identification of the student, once it holds these members."""

    def found() -> Json | None:
        record = product.http.get(f"{product.pasiprep}{STUDENTS}{asn}/", timeout=30).json()["IdentificationRecord"]
        return record if all((record.get(name) or "") == value for name, value in identity.items()) else None

    return wait_for(found, f"the student with {identity} in PASI")


def change_in_pasi(product: Product, asn: str, **identity: Any) -> None:
    record = in_pasi(product, asn) | identity
    body = {"IdentificationRecord": record, "_as": {"name": "Tove Vandermolen", "organization": "A.7010"}}
    answer = product.http.patch(f"{product.pasiprep}{STUDENTS}{asn}/", json=body, timeout=30)
    assert answer.ok, answer.text


def item_of(product: Product, asn: str) -> Json:
    address = f"/discrepancies/?entity=student&key={asn}&status=open"
    return wait_for(lambda: product.api(address)["results"], "the change of the student")[0]


def settled(product: Product, item: Json) -> None:
    wait_for(lambda: product.api(f"/discrepancies/{item['id']}/")["status"] == "settled", "the change settled")


def edit(page: Page, here: str, label: str, value: str) -> None:
    page.goto(here)
    page.get_by_role("link", name="Edit name and identification").click()
    page.get_by_label(re.compile(f"^\\s*{label}")).fill(value)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"**{here}")


def test_a_name_changed_here_in_pasi_and_on_both_sides(product: Product, new_page: NewPage, picture: Pictures) -> None:
    stay = product.next_stay()
    asn, here = stay["asn"], f"/students/{stay['student']}/"
    page = new_page("registrar_a")
    standing = page.get_by_role("region", name="Names and identification in PASI")
    page.goto(here)
    expect(standing).to_contain_text("Both sides match.")

    edit(page, here, "Legal middle name", "Marisol")
    in_pasi(product, asn, MiddleName="Marisol")
    reload_until(page, standing, "Both sides match.")
    assert not axe(page)
    picture(page, "student-identity-in-step")

    change_in_pasi(product, asn, MiddleName="Marisole")
    item = item_of(product, asn)
    page.goto(here)
    standing.get_by_role("link", name="Open the change").click()
    expect(page.locator("main")).to_contain_text("Student identity")
    assert asn not in page.url
    assert not axe(page)
    picture(page, "student-identity-change")
    page.get_by_role("button", name="Accept PASI and next").click()
    settled(product, item)
    page.goto(here)
    expect(page.locator("main")).to_contain_text("Marisole")

    change_in_pasi(product, asn, Suffix="III.")
    item = item_of(product, asn)
    page.goto(f"/changes/{item['id']}/")
    page.get_by_role("button", name="Keep SIS in all").click()
    page.get_by_role("textbox", name="Reason").fill("Not on the document.")
    page.get_by_role("button", name="Save the decision").click()
    in_pasi(product, asn, Suffix="", MiddleName="Marisole")
    settled(product, item)

    change_in_pasi(product, asn, MiddleName="Maris")
    item = item_of(product, asn)
    edit(page, here, "Legal middle name", "Mari")
    wait_for(lambda: item_of(product, asn)["kind"] == "changed_on_both", "both sides changed")
    page.goto(f"/changes/{item['id']}/")
    expect(page.locator("main")).to_contain_text("Both sides changed it since they last matched")
    page.get_by_role("button", name="Keep SIS in all").click()
    page.get_by_role("textbox", name="Reason").fill("As on the document.")
    page.get_by_role("button", name="Save the decision").click()
    in_pasi(product, asn, MiddleName="Mari")
    settled(product, item)
