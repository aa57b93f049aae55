"""The year end by a district officer: rehearsal, run, and all three sides equal; the second one closes and sends nothing.

A record with a change from PASI that nobody has decided on is closed here and stays open: no run decides for a person.
"""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.pictures import Pictures
from tests.journeys.product import Json, Product, wait_for
from tests.journeys.test_decisions import other_grade
from tests.journeys.test_every_page import NARROW, WIDE
from tests.journeys.watch import axe, scrolls_sideways

OFFICER = "district"


def concurrent(product: Product, **given: str) -> list[Json]:
    query = "&".join(f"{name}={value}" for name, value in {"concurrent": "true", **given}.items())
    return product.api(f"/enrolments/?{query}", OFFICER)["results"]


def stay_of(product: Product, pk: int) -> Json:
    return product.api(f"/enrolments/{pk}/", OFFICER)


def undecided(product: Product, stay: Json) -> list[Json]:
    return product.api(f"/discrepancies/?ref_id={stay['ref_id']}&status=open", OFFICER)["results"]


def submissions(product: Product) -> int:
    return product.api("/submissions/", OFFICER)["results"][-1]["id"]


def looks_right(page: Page) -> None:
    """Wide and narrow, light and dark: nothing for axe, nothing sideways."""
    wrong = axe(page)
    for theme, width in (("dark", WIDE), ("dark", NARROW), ("light", NARROW)):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        wrong += [f"{theme}, {width} px: {line}" for line in axe(page, colours_alone=True)]
        if scrolls_sideways(page):
            wrong.append(f"{theme}, {width} px: scrolls sideways")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": WIDE, "height": 900})
    assert not wrong, "\n".join(wrong)


def rehearse(page: Page, year: str) -> None:
    page.goto("/year-end/")
    page.get_by_label("School year", exact=True).select_option(year)
    page.get_by_label("Close early").check()
    page.get_by_role("button", name="Rehearse: change nothing").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("would close$"))


def test_rehearsal_run_and_all_sides_are_equal(product: Product, new_page: NewPage, picture: Pictures) -> None:
    year = max(stay["school_year"] for stay in concurrent(product) if stay["start_date"].endswith("-09-01"))
    changed = next(stay for stay in concurrent(product, school_year=year) if stay["pasi"]["state"] == "in_step")
    product.change_in_pasi(changed, Grade=other_grade(changed))
    wait_for(lambda: undecided(product, changed), "the change from PASI")
    before = {stay["id"]: stay for stay in concurrent(product, school_year=year)}
    waiting = {pk for pk, stay in before.items() if undecided(product, stay)}  # other journeys leave some as well
    page = new_page(OFFICER)
    page.goto("/")
    page.get_by_role("link", name="Year end").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("concurrent enrolment")
    looks_right(page)
    picture(page, "year-end")

    rehearse(page, year)
    rehearsal = product.api(f"/year-end/rehearsals/{re.findall(r'[0-9]+', page.url)[-1]}/", OFFICER)
    assert {*rehearsal["closing"], *(row["id"] for row in rehearsal["not_closing"])} == set(before)
    assert rehearsal["counts"]["exit_dates"] >= 3
    looks_right(page)
    picture(page, "year-end-rehearsal", height=1400)
    now = {stay["id"]: stay["version"] for stay in concurrent(product, school_year=year)}
    assert now == {pk: stay["version"] for pk, stay in before.items()}  # nothing has changed

    closing, dates = len(rehearsal["closing"]), rehearsal["counts"]["exit_dates"]
    page.get_by_role("button", name=f"Close {closing} enrolments, send {dates} exit dates").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{closing} concurrent enrolments are closed")
    looks_right(page)
    picture(page, "year-end-run")

    moved = 0
    for pk in rehearsal["closing"]:
        stay = stay_of(product, pk)
        assert stay["exit_code"] == rehearsal["exit_code"]
        assert stay["exit_date_type"] == "CompletionDate"
        moved += stay["exit_date"] != before[pk]["exit_date"]
        if pk in waiting:
            assert undecided(product, stay), f"nobody has decided on the change of enrolment {pk}"
            continue
        wait_for(lambda pk=pk: stay_of(product, pk)["pasi"]["state"] == "in_step", f"enrolment {pk} is in step")
        held = product.await_pasi(stay, RegistrationExitDate=stay["exit_date"])
        assert "10000" not in str(held.get("ExitCode", ""))
        assert not undecided(product, stay)
    assert moved == dates
    assert changed["id"] in rehearsal["closing"]
    closed = product.await_pasi(changed, RegistrationExitDate=stay_of(product, changed["id"])["exit_date"])
    assert closed["Grade"] == other_grade(changed)  # PASI's value goes back to PASI as it was
    wait_for(lambda: stay_of(product, changed["id"])["pasi"]["state"] == "differs", "it is still to be decided")

    last = submissions(product)
    rehearse(page, year)
    expect(page.get_by_role("heading", level=1)).to_have_text("No concurrent enrolment would close")
    page.get_by_role("button", name="Run the year end: nothing to close").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The year end is done: there was nothing to close")
    assert submissions(product) == last

    page.goto(f"/exit-codes/?school_year={year}&concurrent=true&exit_code={rehearsal['exit_code']}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("enrolments are selected")
    looks_right(page)
    picture(page, "exit-codes")
    page.get_by_label("New exit code").fill("A7")
    page.get_by_label("Reason").fill("As the schools told.")
    page.get_by_role("button", name=re.compile("^Set the code on")).click()
    expect(page.get_by_text(re.compile("exit codes are set"))).to_be_visible()
    wait_for(lambda: all(stay_of(product, pk)["exit_code"] == "A7" for pk in rehearsal["closing"]), "the new codes")
    assert submissions(product) == last
