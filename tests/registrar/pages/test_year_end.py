"""The pages of the year end, as a district officer walks through them, and of exit codes as a registrar does."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations import clock
from operations.actor import of_user
from operations.services import jobs
from pasi_connect.models import Action
from registrar.models import YearEndRehearsal
from sis.models import SchoolEnrolment
from sis.rules.school_year import SchoolYear
from sis.services import enrolments
from tests import factories

pytestmark = pytest.mark.django_db

YEAR = SchoolYear(2027)
LATER = dt.date(2027, 7, 9)


@pytest.fixture(autouse=True)
def in_july(on_a_fixed_day):
    with clock.moved_to(dt.datetime(2027, 7, 2, 18, tzinfo=dt.UTC)):
        yield


@pytest.fixture
def officer(here, as_person):
    return as_person(here.district)


@pytest.fixture
def stays(here):
    factories.CalendarFactory(school=here.school, school_year=YEAR)
    given = {"school": here.school, "school_year": YEAR, "concurrent": True}
    return [
        factories.EnrolmentFactory(**given, exit_date=LATER),
        factories.EnrolmentFactory(**given, exit_date=dt.date(2027, 2, 12)),
        factories.EnrolmentFactory(**given, exit_date=LATER, exit_code="A7"),
        factories.EnrolmentFactory(**given, exit_date=dt.date(2027, 7, 31), programming_type="SummerSchool"),
    ]


def codes():
    return list(SchoolEnrolment.objects.filter(concurrent=True).order_by("id").values_list("exit_code", flat=True))


def title(page):
    return page.content.decode().partition("<h1>")[2].partition("</h1>")[0].strip()


def rehearsed(officer, **given):
    answer = officer.post("/year-end/", {"school_year": "2026-2027", **given})
    assert answer.status_code == 302
    made = YearEndRehearsal.objects.latest("id")
    jobs.run(made.job_id)
    return answer["Location"]


def test_the_first_page_answers_what_is_open(officer, stays):
    page = officer.get("/year-end/")
    assert title(page) == "3 concurrent enrolments of 2026-2027 are still open"
    (row,) = page.context["years"]
    assert (row["open"], row["all"], row["ended"], row["closed"]) == (3, 4, True, False)


def test_from_rehearsal_to_result(here, officer, stays):
    address = officer.post("/year-end/", {"school_year": "2026-2027"})["Location"]
    rehearsal = YearEndRehearsal.objects.get()
    waiting = officer.get(address)
    assert title(waiting) == "The year end 2026-2027 is being rehearsed"
    assert "HX-Refresh" not in officer.get(f"{address}progress/")
    jobs.run(rehearsal.job_id)
    assert officer.get(f"{address}progress/")["HX-Refresh"] == "true"
    page = officer.get(address)
    assert title(page) == "2 concurrent enrolments would close"
    assert [page.context[name] for name in ("closing", "dates", "staying", "historical_years")] == [2, 1, 2, 1]
    (school,) = page.context["schools"]
    assert [school[name] for name in ("closing", "dates", "closed", "open", "all")] == [2, 1, 1, 1, 4]
    assert [(row["code"], row["count"]) for row in page.context["reasons"]] == [("has_exit_code", 1), ("not_ended", 1)]
    assert "Close 2 enrolments, send 1 exit dates" in page.content.decode()
    assert codes() == ["", "", "A7", ""]
    run = officer.post(address)["Location"]
    assert title(officer.get(run)) == "The year end 2026-2027 is running"
    late = factories.EnrolmentFactory(school=here.school, school_year=YEAR, concurrent=True, exit_date=LATER)
    enrolments.change(of_user(here.registrar), stays[1].pk, {"grade": "09"})
    jobs.run(Action.objects.get().job_id)
    assert officer.get(f"{address}progress/?run=1")["HX-Refresh"] == "true"
    result = officer.get(run)
    assert title(result) == "1 concurrent enrolment is closed"
    assert {row["enrolment"].pk for row in result.context["rows"]} == {stays[1].pk, late.pk}
    assert codes() == ["10000", "", "A7", "", ""]
    assert officer.get(f"/jobs/{Action.objects.get().job_id}/").context["belongs"] == run
    assert officer.get(address).context["rehearsal"].run_id == Action.objects.get().pk
    again = officer.post(address, follow=True)
    assert "was already run" in again.content.decode()


def test_a_run_is_taken_back_from_its_page(officer, stays):
    run = officer.post(rehearsed(officer))["Location"]
    action = Action.objects.get()
    jobs.run(action.job_id)
    assert f"/actions/{action.pk}/undo/" in officer.get(run).content.decode()
    entry = officer.get(f"/actions/{action.pk}/")
    assert ("School year", "2026-2027") in entry.context["facts"] and ("Exit code", "10000") in entry.context["facts"]
    assert len(entry.context["rows"]) == 2
    assert officer.get(f"/actions/{action.pk}/undo/").context["outlook"].can == 2
    job = officer.post(f"/actions/{action.pk}/undo/", {"reason": "The wrong year."})["Location"]
    jobs.run(int(job.strip("/").rpartition("/")[2]))
    assert codes() == ["", "", "A7", ""]
    assert "Undone by" in officer.get(run).content.decode()
    assert "undo/" not in officer.get(run).content.decode()


def test_the_rows_follow_the_filters(officer, stays):
    address = rehearsed(officer)

    def ids(query):
        return [each["row"].enrolment_id for each in officer.get(f"{address}?{query}").context["rows"]]

    first, kept, closed, summer = (stay.pk for stay in stays)
    assert ids("") == [first, kept]
    assert ids("group=staying") == [closed, summer]
    assert ids("group=all") == [first, kept, closed, summer]
    assert ids("reason=not_ended") == [summer]
    assert ids("group=closing&dates=kept") == [kept]
    assert officer.get(f"{address}?group=nonsense").status_code == 400


def test_the_file_has_every_row_and_no_formula(officer, stays):
    student = stays[0].student
    student.legal_first_name = "=HYPERLINK(1)"
    student.save()
    address = rehearsed(officer)
    answer = officer.get(f"{address}list.csv")
    assert answer["Content-Disposition"].startswith('attachment; filename="year-end-2026-2027')
    lines = b"".join(answer.streaming_content).decode().lstrip("\ufeff").splitlines()
    assert len(lines) == 5
    assert "'=HYPERLINK(1)" in lines[1] and ",=HYPERLINK" not in lines[1]
    assert lines[1].split(",")[6:10] == ["2027-06-26", "2027-07-09", "2027-06-26", "10000"]
    assert lines[3].endswith('"It has an exit code, so it is already closed.",Nothing to do.')


def test_before_the_year_has_ended_the_form_asks_for_early(officer, stays):
    with clock.moved_to(dt.datetime(2027, 5, 3, 18, tzinfo=dt.UTC)):
        refused = officer.post("/year-end/", {"school_year": "2026-2027"})
        assert (refused.status_code, set(refused.context["form"].errors)) == (422, {"early"})
        early = officer.get(rehearsed(officer, early="on"))
    assert "Early: the school year is not over" in early.content.decode()
    assert early.context["historical_years"] == 0


def test_the_pages_ask_as_often_for_many_as_for_few(officer, stays):
    def count_queries(count):
        for _ in range(count):
            factories.EnrolmentFactory(
                school=factories.CalendarFactory(school_year=YEAR).school, school_year=YEAR, concurrent=True
            )
        address = rehearsed(officer)
        counts = []
        for page in ("/year-end/", address, f"{address}?group=all"):
            officer.get(page)
            with CaptureQueriesContext(connection) as seen:
                officer.get(page)
            counts.append(len(seen))
        return counts

    assert count_queries(1) == count_queries(20)


# Exit codes ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def registrar(here, as_person):
    return as_person(here.registrar)


CHOSEN = "/exit-codes/?school_year=2026-2027&concurrent=true"


def test_nothing_is_chosen_until_a_filter_says_what(registrar, stays):
    page = registrar.get("/exit-codes/")
    assert "count" not in page.context
    assert registrar.post("/exit-codes/", {"exit_code": "B2", "reason": "x", "seen": "4"}).status_code == 422
    assert codes() == ["", "", "A7", ""]


def test_a_code_is_set_on_all_that_are_chosen(here, registrar, stays):
    factories.EnrolmentFactory(school=here.other, school_year=YEAR, concurrent=True)
    page = registrar.get(CHOSEN)
    assert title(page) == "4 enrolments are selected"
    given = {"exit_code": "B2", "reason": "As told.", "seen": page.context["form"]["seen"].value()}
    assert registrar.post(CHOSEN, {**given, "reason": ""}).status_code == 422
    done = registrar.post(CHOSEN, given, follow=True)
    assert "4 exit codes are set." in done.content.decode()
    assert codes() == ["B2", "B2", "B2", "B2", ""]
    same = registrar.post(CHOSEN, given)
    assert (same.status_code, set(same.context["form"].errors)) == (422, {"exit_code"})


def test_when_the_filter_holds_others_by_now_the_new_number_is_shown_first(here, registrar, stays):
    given = {"exit_code": "B2", "reason": "As told.", "seen": "3"}
    moved = registrar.post(CHOSEN, given)
    assert moved.status_code == 409
    assert (moved.context["form"]["seen"].value(), moved.context["form"]["exit_code"].value()) == ("4", "B2")
    assert codes() == ["", "", "A7", ""]
    assert registrar.post(CHOSEN, {**given, "seen": "4"}).status_code == 302


def test_those_that_a_year_end_has_closed_can_be_chosen(officer, stays):
    address = rehearsed(officer)
    officer.post(address)
    action = Action.objects.get()
    jobs.run(action.job_id)
    page = officer.get(f"/exit-codes/?action={action.pk}")
    assert [row.pk for row in page.context["rows"]] == [stays[0].pk, stays[1].pk]
