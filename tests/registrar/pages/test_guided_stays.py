"""A new stay on its page: a new student of a school, a return, a concurrent enrolment."""

from operations.models import Notice
from pasi_connect.models import Action, CodeValue
from pasi_connect.services.compare.context import Context
from registrar.views.guided.enrolment import fresh
from sis.models import DataEvent, SchoolEnrolment
from tests.factories import EnrolmentFactory, synchronizing
from tests.factories.students import this_year
from tests.registrar.pages.guided import days_ago, do, text


def new_stay(here, **given):
    year = this_year()
    return {
        "school": here.school.pk, "school_year": str(year), "grade": "09",
        "start_date": days_ago(2).isoformat(), "exit_date": f"{year.ending}-08-20", **given,
    }  # fmt: skip


def enrol_at(stay):
    return f"/students/{stay.student_id}/enrol/"


def test_a_return_is_a_new_enrolment_with_the_program_of_the_last_one(here, registrar, left):
    SchoolEnrolment.objects.filter(pk=left.pk).update(programming_type="Outreach")
    opened = registrar.get(f"{enrol_at(left)}?after={left.pk}")
    assert "Return" in text(opened)
    assert opened.context["form"]["school"].value() == left.school_id
    answer = do(registrar, enrol_at(left), **new_stay(here))
    action = Action.objects.get()
    assert (answer.url, action.kind) == (f"/actions/{action.pk}/", "return")
    made = SchoolEnrolment.objects.latest("pk")
    assert (made.programming_type, made.programming_timeframe, made.grade) == ("Outreach", "Day", "09")
    assert fresh(left.pk).revision == left.revision


def test_a_return_begins_after_the_withdrawal(here, registrar, left):
    answer = registrar.post(enrol_at(left), {**new_stay(here, start_date=days_ago(10).isoformat()), "do": "preview"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"start_date"}
    assert days_ago(10).isoformat() in text(answer)


def test_pasis_warnings_of_a_new_stay_are_shown_and_stop_nothing(here, registrar, stay):
    given = new_stay(here, programming_type="Outreach", grants_program_codes="140")
    looked = registrar.post(enrol_at(stay), {**given, "do": "preview"})
    assert "PASI will warn: Program 140 requires program 500. (10007)" in text(looked)
    assert do(registrar, enrol_at(stay), **given).status_code == 302


def test_every_school_of_the_authority_can_be_chosen_and_is_told(here, registrar, left):
    schools = set(registrar.get(enrol_at(left)).context["form"].fields["school"].queryset)
    assert schools == {here.school, here.other}
    answer = do(registrar, enrol_at(left), **new_stay(here, school=here.other.pk))
    assert registrar.get(answer.url).status_code == 200
    assert Notice.objects.get().school_code == here.other.code


def test_a_concurrent_enrolment_says_where_the_terms_differ(here, registrar, stay):
    opened = registrar.get(f"{enrol_at(stay)}?concurrent={stay.pk}")
    assert opened.context["form"]["concurrent"].value()
    assert "A challenged course" in text(opened)
    given = new_stay(here, school=here.other.pk, concurrent="on")
    looked = registrar.post(enrol_at(stay), {**given, "do": "preview"})
    assert looked.context["looked"].remarks
    assert "Check before you continue" in text(looked)
    do(registrar, enrol_at(stay), **given)
    assert SchoolEnrolment.objects.latest("pk").concurrent


def test_the_other_enrolment_in_the_address_must_be_the_students_and_the_persons(here, registrar, stay):
    foreign = EnrolmentFactory(school=here.other, grade="03")
    for mark in (str(foreign.pk), "x", "9" * 30):
        form = registrar.get(f"{enrol_at(stay)}?after={mark}").context["form"]
        assert form["grade"].value() != "03"


def test_a_new_enrolment_is_made_once(here, registrar, enrolment):
    address, year = enrol_at(enrolment), this_year() + 1
    days = {"start_date": str(year.first_day), "exit_date": f"{year.ending}-06-25"}
    given = {**new_stay(here), "school_year": str(year), **days}
    seen = registrar.post(address, {**given, "do": "preview"}).context["version"]
    answers = [registrar.post(address, {**given, "do": "do", "version": seen}) for _press in range(2)]
    made = SchoolEnrolment.objects.get(school_year=year)
    assert (made.school, made.grade, made.programming_type) == (here.school, "09", "Regular")
    assert DataEvent.objects.get().subject_id == made.pk
    assert {answer.url for answer in answers} == {f"/actions/{Action.objects.get().pk}/"}


def summer(year, **given):
    days = {"start_date": f"{year.ending}-07-02", "exit_date": f"{year.ending}-07-31", "grade": "10"}
    return {**days, "programming_type": "SummerSchool", "programming_timeframe": "Summer", **given}


def test_summer_school_in_the_wrong_year_is_asked_about_before_it_is_made(here, registrar, enrolment):
    """The year of an enrolment is never changed afterwards."""
    closing = this_year()
    given = {**new_stay(here), **summer(closing), "school_year": str(closing + 1)}
    asked = registrar.post(enrol_at(enrolment), {**given, "do": "preview"})
    assert "Check: Summer school belongs to the school year that is closing" in text(asked)
    assert not SchoolEnrolment.objects.filter(programming_type="SummerSchool").exists()
    do(registrar, enrol_at(enrolment), **{**given, "school_year": str(closing)})
    assert SchoolEnrolment.objects.get(programming_type="SummerSchool").school_year == closing
    assert do(registrar, enrol_at(enrolment), **given).status_code == 302  # it is asked about, not refused


def test_after_saving_the_message_says_where_it_goes_from_here(here, registrar, enrolment):
    """This year at once; a year that PASI takes from January on, then; an old one after a look."""
    synchronizing(accepted_school_years=[(this_year() + step).ending for step in (-2, -1, 0, 1)])
    CodeValue.objects.create(class_name="SchoolYearType", code="Accepted", first_school_year=this_year() - 6)
    years = registrar.get(enrol_at(enrolment)).context["form"].fields["school_year"].choices
    assert [year for year, _label in years] == [str(this_year() + step) for step in range(1, -7, -1)]
    last_possible = Context().last_possible
    for step, told in ((0, "On its way to PASI."), (1, None), (-5, "Saved and held"), (-6, "Saved and held")):
        year = this_year() + step
        days = {"start_date": f"{year.ending - 1}-09-10", "exit_date": f"{year.ending}-06-25"}
        given = {**new_stay(here), **days, "school_year": str(year), "programming_type": "Outreach"}
        answer = do(registrar, enrol_at(enrolment), **given)
        ahead = "it is sent automatically on that day" if year > last_possible else "On its way to PASI."
        assert (told or ahead) in text(registrar.get(answer.url))


def test_a_new_enrolment_needs_where_and_when(registrar, enrolment):
    answer = registrar.post(enrol_at(enrolment), {"do": "preview"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"school", "school_year", "start_date", "exit_date", "grade"}
