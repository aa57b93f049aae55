"""What the journeys of the guided actions share: the way from a student to the action, and that all sides end up equal."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page, expect

from tests.journeys.product import Json, Product, wait_for
from tests.journeys.watch import axe

PASI = {"start_date": "RegistrationStartDate", "exit_date": "RegistrationExitDate", "exit_date_type": "ExitDateType"}


def days_ago(number: int) -> str:
    return (dt.date.today() - dt.timedelta(days=number)).isoformat()


def open_action(page: Page, stay: Json, name: str) -> None:
    """From the student's page by the menu of this enrolment."""
    page.goto(f"/students/{stay['student']}/")
    page.locator(f"button[popovertarget='actions-{stay['id']}']").click()
    page.locator(f"#actions-{stay['id']}").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def look(page: Page) -> None:
    """To the preview, which changes nothing; both themes and widths are looked at."""
    page.get_by_role("button", name=re.compile("(Show|Update) the preview")).click()
    expect(page.get_by_text("Nothing is changed or sent until you press the button.")).to_be_visible()
    assert not axe(page)


def press(page: Page, words: str) -> str:
    """The button that says the size. Gives the address of the entry."""
    page.get_by_role("button", name=words, exact=True).click()
    page.wait_for_url("**/actions/*/")
    return page.url


def take_back(page: Page) -> None:
    """By the Undo of the message, at once."""
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone by")).to_be_visible()


def equal(product: Product, stay: Json, **ours: Any) -> Json:
    """Waits until the SIS record has these values, is in step with the local copy, and PASI holds the same."""

    def there() -> Json | None:
        now = product.api(f"/enrolments/{stay['id']}/", "district")
        same = all(now[name] == value for name, value in ours.items())
        return now if same and now["pasi"]["state"] == "in_step" else None

    now = wait_for(there, f"enrolment {stay['id']} has {ours} and is in step")
    record = product.in_pasi(now)
    assert {name: record[member] for name, member in PASI.items()} == {name: now[name] for name in PASI}
    assert record["IsDeleted"] is now["deleted"]
    return now


def courses(product: Product, stay: Json) -> list[Json]:
    found = product.api(f"/course-enrolments/?enrolment={stay['id']}", "district")["results"]
    return [one for one in found if not one.get("deleted")]


def of_student(product: Product, stay: Json) -> list[Json]:
    """All enrolments of the student, the newest first."""
    found = product.api(f"/enrolments/?asn={stay['asn']}", "district")["results"]
    return sorted(found, key=lambda one: -one["id"])


def at_both(product: Product) -> Iterator[tuple[Json, Json]]:
    """Students of school A who take courses at school C: (main, concurrent), each in step and running."""
    address = "/enrolments/?school=7103&concurrent=true&deleted=false"
    for side in filter(_running, product.api(address, "district")["results"]):
        for main in of_student(product, side):
            if main["school"] == "7101" and _running(main):
                yield main, side


def _running(stay: Json) -> bool:
    here = stay["start_date"] <= days_ago(0) <= stay["exit_date"] and not stay["deleted"]
    return here and stay["exit_date_type"] == "CompletionDate" and stay["pasi"]["state"] == "in_step"
