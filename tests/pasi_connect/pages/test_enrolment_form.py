import datetime as dt

import pytest

from operations.actor import of_user
from pasi_connect.models import CodeValue
from sis.models import DataEvent, SchoolEnrolment
from sis.services import enrolments
from tests.factories import EnrolmentFactory
from tests.factories.students import this_year


def fields_of(page):
    """What a browser would send back: every field as it was drawn."""
    form = page.context["form"]
    data = {}
    for bound in form:
        value = bound.value()
        if isinstance(value, bool):
            data |= {bound.html_name: "on"} if value else {}
        else:
            data[bound.html_name] = "" if value is None else str(value)
        if bound.field.show_hidden_initial:
            data[bound.html_initial_name] = data.get(bound.html_name, "")
    return data


@pytest.fixture
def address(enrolment):
    return f"/enrolments/{enrolment.pk}/edit/"


def test_a_saved_change_carries_the_version_that_the_person_saw(registrar, address, enrolment):
    data = fields_of(registrar.get(address))
    assert data["seen_version"] == "10"
    answer = registrar.post(address, {**data, "grade": "09"})
    assert answer.status_code == 302
    assert answer.url == f"/students/{enrolment.student_id}/"
    enrolment.refresh_from_db()
    assert (enrolment.grade, enrolment.revision) == ("09", 2)
    event = DataEvent.objects.get()
    assert (event.fields, event.seen_version, event.origin) == (["grade"], 10, "sis")
    student = registrar.get(answer.url).content.decode()
    assert "Saved. On its way to PASI." in student
    assert f'hx-get="/enrolments/{enrolment.pk}/state/"' in student


def test_saving_without_a_change_writes_nothing(registrar, address, enrolment):
    registrar.post(address, fields_of(registrar.get(address)))
    enrolment.refresh_from_db()
    assert enrolment.revision == 1
    assert not DataEvent.objects.exists()


def test_wrong_values_come_back_at_their_fields_and_nothing_is_lost(registrar, address, enrolment):
    data = fields_of(registrar.get(address))
    wrong = registrar.post(address, {**data, "exit_date": "28 August", "exit_code": "A7"})
    assert wrong.status_code == 422
    assert "exit_date" in wrong.context["form"].errors
    assert 'value="28 August"' in wrong.content.decode()
    assert 'value="A7"' in wrong.content.decode()
    early = registrar.post(address, {**data, "exit_date": str(enrolment.start_date - dt.timedelta(days=3))})
    assert early.status_code == 422
    assert "10016" in str(early.context["form"].errors["exit_date"])
    enrolment.refresh_from_db()
    assert enrolment.revision == 1


def test_a_stale_form_keeps_what_was_typed_beside_the_new_picture(here, registrar, address, enrolment):
    data = fields_of(registrar.get(address))
    enrolments.change(of_user(here.district), enrolment.pk, {"grade": "09", "exit_code": "B2"})
    stale = registrar.post(address, {**data, "grade": "07", "entry_code": "800"})
    assert stale.status_code == 409
    form = stale.context["form"]
    assert (form["grade"].value(), form["entry_code"].value(), form["exit_code"].value()) == ("07", "800", "B2")
    assert {row["label"]: (row["now"], row["entered"]) for row in stale.context["clashes"]}["Grade"] == ("09", "07")
    assert here.district.full_name in stale.content.decode()
    enrolment.refresh_from_db()
    assert enrolment.grade == "09"
    again = registrar.post(address, fields_of(stale) | {"initial-grade": "09", "initial-entry_code": ""})
    assert again.status_code == 302
    enrolment.refresh_from_db()
    assert (enrolment.grade, enrolment.entry_code, enrolment.exit_code) == ("07", "800", "B2")


def test_the_form_deletes_nothing_and_shows_the_actions_that_do(registrar, address, enrolment):
    drawn = registrar.get(address)
    assert "deleted" not in drawn.context["form"].fields
    assert f"/enrolments/{enrolment.pk}/entered-in-error/" in drawn.content.decode()
    registrar.post(address, {**fields_of(drawn), "deleted": "on", "confirmed": "yes", "grade": "09"})
    enrolment.refresh_from_db()
    assert (enrolment.deleted, enrolment.grade) == (False, "09")


def test_a_deleted_enrolment_is_not_edited_and_names_undelete(registrar, address, enrolment):
    data = fields_of(registrar.get(address))
    SchoolEnrolment.objects.filter(pk=enrolment.pk).update(deleted=True)
    undelete = f"/enrolments/{enrolment.pk}/undelete/"
    assert undelete in registrar.get(address).content.decode()
    answer = registrar.post(address, {**data, "grade": "09"})
    assert (answer.status_code, undelete in answer.content.decode()) == (409, True)
    enrolment.refresh_from_db()
    assert (enrolment.deleted, enrolment.grade) == (True, "08")


def test_dates_of_the_form_may_not_run_into_another_stay(here, registrar, address, enrolment):
    """A withdrawn stay and the return: neither the return's start nor the planned end of the first may reach the other."""
    year = this_year()
    last, back = dt.date(year.ending - 1, 10, 2), dt.date(year.ending - 1, 10, 5)
    SchoolEnrolment.objects.filter(pk=enrolment.pk).update(exit_date=last)
    other = EnrolmentFactory(student=enrolment.student, school=here.school, start_date=back)
    answer = registrar.post(address, {**fields_of(registrar.get(address)), "exit_date": back.isoformat()})
    assert answer.status_code == 422
    assert f"starts on {back}" in str(answer.context["form"].errors["exit_date"])
    answer = registrar.post(
        f"/enrolments/{other.pk}/edit/",
        {**fields_of(registrar.get(f"/enrolments/{other.pk}/edit/")), "start_date": last.isoformat()},
    )
    assert answer.status_code == 422
    assert "“Correct the last day”" in str(answer.context["form"].errors["start_date"])


def test_a_stay_that_overlaps_is_saved_with_a_warning(here, registrar, address, enrolment):
    other = EnrolmentFactory(student=enrolment.student, school=here.school)
    drawn = registrar.get(address)
    assert f"/enrolments/{other.pk}/edit/" in drawn.content.decode()
    answer = registrar.post(address, {**fields_of(drawn), "grade": "09"}, follow=True)
    assert "PASI will warn: Another enrolment at the same school" in answer.content.decode()
    assert "(10069)" in answer.content.decode()
    enrolment.refresh_from_db()
    assert enrolment.grade == "09"


def test_what_pasi_will_say_stands_on_the_form_and_says_when_it_goes(registrar, address, enrolment):
    """Born in 2012, in grade 2: advice of the current school year."""
    SchoolEnrolment.objects.filter(pk=enrolment.pk).update(grade="02", grants_program_codes="140")
    page = registrar.get(address)
    assert [line["level"] for line in page.context["expected"]] == ["warning", "advice", "warning"]
    text = page.content.decode()
    assert "PASI will warn: Program 140 requires program 500. (10007)" in text
    assert f"It is resolved on {this_year().ending}-09-01." in text


def test_an_open_change_from_pasi_is_announced_with_its_link(registrar, item):
    page = registrar.get(f"/enrolments/{item.subject_id}/edit/")
    assert f"/changes/{item.pk}/" in page.content.decode()


def test_pick_lists_come_from_the_code_values_in_the_persons_language(here, registrar, address, enrolment):
    year = this_year()
    for code, first in (("Regular", None), ("Outreach", None), ("Gone", year + 1)):
        CodeValue.objects.create(
            class_name="ProgrammingType",
            code=code,
            description=f"{code} program",
            description_fr=f"Programme {code}",
            first_school_year=first,
        )
    CodeValue.objects.create(class_name="GrantsProgramCode", code="610", description="Shared responsibility")
    SchoolEnrolment.objects.filter(pk=enrolment.pk).update(programming_timeframe="Midnight", grants_program_codes="999")
    CodeValue.objects.create(class_name="ProgrammingTimeframe", code="Day", description="Day")
    form = registrar.get(address).context["form"]
    assert form.fields["programming_type"].choices == [("Outreach", "Outreach program"), ("Regular", "Regular program")]
    assert ("Midnight", "Midnight") in form.fields["programming_timeframe"].choices
    assert [form[f"grants_program_codes_{n}"].value() for n in (1, 2, 3)] == ["999", "", ""]
    here.registrar.language = "fr"
    here.registrar.save()
    french = registrar.get(address).context["form"]
    assert ("Regular", "Programme Regular") in french.fields["programming_type"].choices


def test_codes_from_several_lists_become_one_text(registrar, address, enrolment):
    for code in ("500", "610"):
        CodeValue.objects.create(class_name="GrantsProgramCode", code=code, description=code)
    data = fields_of(registrar.get(address))
    registrar.post(address, {**data, "grants_program_codes_1": "610", "grants_program_codes_3": "500"})
    enrolment.refresh_from_db()
    assert enrolment.grants_program_codes == "500 610"


@pytest.mark.parametrize("method", ["get", "post"])
def test_foreign_is_404_and_not_permitted_is_403(here, as_person, address, enrolment, method):
    for url in (address, f"/students/{enrolment.student_id}/enrol/"):
        assert getattr(as_person(here.stranger), method)(url).status_code == 404
        assert getattr(as_person(here.admin), method)(url).status_code == 403


def test_the_badge_follows_until_it_is_in_pasi(here, registrar, as_person, enrolment):
    address = f"/enrolments/{enrolment.pk}/state/"
    assert "In PASI" in registrar.get(address).content.decode()
    enrolments.change(of_user(here.registrar), enrolment.pk, {"grade": "09"})
    moving = registrar.get(address).content.decode()
    assert "Waiting" in moving
    assert 'data-poll="2"' in moving
    assert as_person(here.stranger).get(address).status_code == 404
