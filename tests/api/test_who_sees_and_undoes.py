"""A guided action that writes at two schools: who takes it back, by page and API, who is told, and what each side may read."""

import datetime as dt

import pytest
from django.test import Client

from operations import clock
from operations.actor import of_user
from operations.models import AuditEntry, Notice
from pasi_connect.models import Action
from pasi_connect.services.decisions import notices
from registrar.services import exit_codes
from sis.models import SchoolEnrolment
from tests import factories
from tests.api.conftest import client_of, problem
from tests.contract.conftest import plain_static_files  # noqa: F401 - a fixture
from tests.factories.courses import CourseEnrolmentFactory, SectionFactory
from tests.moments import days_ago

pytestmark = pytest.mark.usefixtures("plain_static_files")
SECRET, NOTE = "Custody of the aunt", "Calls only in the morning"


@pytest.fixture
def stay(house):
    made = factories.EnrolmentFactory(school=house.a, start_date=days_ago(30))
    factories.link_and_copy(made, version=20)
    return made


@pytest.fixture
def side(house, stay):
    """The same student's concurrent enrolment at school B, in another program, with a course."""
    made = factories.EnrolmentFactory(
        school=house.b,
        student=stay.student,
        start_date=stay.start_date,
        exit_date=stay.exit_date,
        concurrent=True,
        programming_type="HomeEducation",
    )
    factories.link_and_copy(made, version=21)
    section = SectionFactory(school=house.b, school_year=made.school_year, number="Q-771")
    CourseEnrolmentFactory(enrolment=made, student=made.student, section=section, entry_date=made.start_date)
    return made


def transfer_values(side, **more):
    return {
        "transfer_date": days_ago(4).isoformat(), "concurrent_enrolment": side.pk, "reason": "Moved", "note": NOTE, **more
    }  # fmt: skip


@pytest.fixture
def action(api, stay, side):
    """School A has transferred the student out; the student stays at school B."""
    answer = api.post(f"enrolments/{stay.pk}/transfer-out/", transfer_values(side))
    assert answer.status_code == 200, answer.content
    return Action.objects.get(pk=answer.json()["id"])


def page(user):
    client = Client()
    client.force_login(user)
    return client


def by_page(user, action):
    return page(user).post(f"/actions/{action.pk}/undo/", {"reason": SECRET}).status_code


def by_api(user, action):
    return client_of(user).post(f"decisions/{action.pk}/undo/", {"reason": SECRET}).status_code


DOORS = pytest.mark.parametrize("door", [by_page, by_api])


@DOORS
def test_the_school_at_the_other_end_sees_a_transfer_and_cannot_take_it_back(house, stay, action, door):
    assert client_of(house.registrar_b).get(f"decisions/{action.pk}/").status_code == 200
    assert client_of(house.registrar_b).get(f"enrolments/{stay.pk}/").status_code == 404
    assert door(house.registrar_b, action) == 403
    stay.refresh_from_db()
    action.refresh_from_db()
    assert (stay.exit_date_type, action.status) == ("WithdrawalDate", "done")
    assert not Notice.objects.filter(kind=notices.UNDONE).exists()


@DOORS
def test_who_did_it_takes_it_back_and_the_other_school_is_told(house, stay, action, door):
    assert door(house.registrar_a, action) in (200, 302)
    stay.refresh_from_db()
    assert stay.exit_date_type == "CompletionDate"
    assert notices_left() == [(house.b.code, notices.UNDONE), (house.b.code, notices.DONE)]


@DOORS
def test_a_district_officer_takes_it_back_and_both_schools_are_told(house, action, door):
    assert door(house.district, action) in (200, 302)
    assert notices_left() == [
        (house.a.code, notices.UNDONE), (house.b.code, notices.UNDONE), (house.b.code, notices.DONE)
    ]  # fmt: skip
    kind = Notice.objects.get(school_code=house.a.code)
    assert SECRET not in str(kind.values)
    assert f"undid “{action.get_kind_display()}”" in page(house.registrar_a).get("/notices/").content.decode()


@DOORS
def test_a_registrar_who_has_lost_the_school_takes_nothing_back(house, action, door):
    house.registrar_a.school_access.all().delete()
    assert door(house.registrar_a, action) == 404


def test_a_dry_run_of_the_undo_is_for_those_who_may(house, action):
    problem(client_of(house.registrar_b).post(f"decisions/{action.pk}/undo/", {"dry_run": True}), 403)


def notices_left():
    return sorted(Notice.objects.exclude(school_code="").values_list("school_code", "kind"))


def test_of_a_bulk_over_several_schools_each_is_told_once_and_so_of_its_undo(house):
    stays = [factories.EnrolmentFactory(school=school) for school in (house.a, house.a, house.b)]
    chosen = exit_codes.Chosen.of([(one.pk, one.revision, "") for one in stays], "A7")
    action, _left = exit_codes.change(of_user(house.district), chosen, "A7", SECRET)
    assert notices_left() == [(house.a.code, notices.DONE), (house.b.code, notices.DONE)]
    assert SECRET not in page(house.registrar_a).get(f"/actions/{action.pk}/").content.decode()
    shown = client_of(house.registrar_a).get(f"decisions/{action.pk}/").json()
    assert (shown["reason"], shown["given"], shown["record_count"]) == ("", {}, 2)
    problem(client_of(house.registrar_a).post(f"decisions/{action.pk}/undo/", {"reason": "x"}), 403)


def test_ones_own_schools_are_not_told_of_ones_own_bulk(house):
    one = factories.EnrolmentFactory(school=house.a)
    chosen = exit_codes.Chosen.of([(one.pk, one.revision, "")], "A7")
    exit_codes.change(of_user(house.registrar_a), chosen, "A7", "As told.")
    assert notices_left() == []


# --- What is shown ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["decisions/{}/", "decisions/", "decisions/{}/records/"])
def test_reason_note_and_what_was_entered_belong_to_the_school_that_did_it(house, action, address):
    Action.objects.filter(pk=action.pk).update(reason=SECRET, detail=SECRET, undo_reason=SECRET)
    mine = client_of(house.registrar_a).get(address.format(action.pk)).content.decode()
    theirs = client_of(house.registrar_b).get(address.format(action.pk)).content.decode()
    for word in (SECRET, NOTE):
        assert word not in theirs
        assert (word in mine) is ("records" not in address)
    assert "concurrent_enrolment" not in theirs
    assert "HomeEducation" not in mine


def test_pages_say_as_little(house, action):
    Action.objects.filter(pk=action.pk).update(reason=SECRET, detail=SECRET, status="stopped")
    theirs = page(house.registrar_b).get(f"/actions/{action.pk}/").content.decode()
    assert SECRET not in theirs and NOTE not in theirs
    mine = page(house.registrar_a).get(f"/actions/{action.pk}/").content.decode()
    assert SECRET in mine
    assert "Q-771" in theirs and "Q-771" not in mine  # the course is school B's to know


def test_the_audit_of_the_other_schools_record_holds_no_words_of_the_school_that_acted(house, stay, side, action):
    def reasons():
        return set(AuditEntry.objects.filter(school_code=house.b.code).values_list("reason", flat=True))

    assert reasons() == {"An action of school 2001"}
    assert by_api(house.registrar_a, action) == 200
    assert not any(SECRET in reason or NOTE in reason for reason in reasons())


def test_a_preview_shows_of_another_schools_records_dates_and_type_alone(house, api, stay, side):
    told = api.post(f"enrolments/{stay.pk}/transfer-out/", transfer_values(side, dry_run=True)).json()
    at_b = [record["changes"] for record in told["records"] if record["school"] == house.b.code]
    assert {name for changes in at_b for name in changes} <= {
        "start_date", "exit_date", "exit_date_type", "concurrent", "deleted"
    }  # fmt: skip
    assert [row["course"] for row in told["changes_here_only"] if row["school"] == house.b.code] == [None, None]
    assert "Q-771" not in str(told)
    looked = page(house.registrar_a).post(
        f"/enrolments/{stay.pk}/transfer-out/", {**transfer_values(side), "do": "preview"}
    )
    body = looked.content.decode()
    assert looked.status_code == 200 and house.b.name in body
    assert "Q-771" not in body and "HomeEducation" not in body


def new(house, **more):
    year = factories.EnrolmentFactory.build().school_year
    return {
        "school": house.b.code, "school_year": str(year), "grade": "10", "start_date": days_ago(3).isoformat(),
        "exit_date": dt.date(year.ending, 6, 26).isoformat(), **more,
    }  # fmt: skip


def test_a_stay_at_another_school_takes_no_program_from_there(house, api, stay):
    factories.EnrolmentFactory(
        school=house.b, student=stay.student, start_date=days_ago(60), exit_date=days_ago(40),
        exit_date_type="WithdrawalDate", programming_type="HomeEducation",
    )  # fmt: skip
    address = f"students/{stay.student.asn}/enrolments/"
    preview = api.post(address, new(house, dry_run=True))
    assert preview.status_code == 200, preview.content
    assert "HomeEducation" not in preview.content.decode()
    officer = client_of(house.district).post(address, new(house, dry_run=True))
    assert "HomeEducation" in officer.content.decode()


@pytest.mark.parametrize("program", ["Regular", "HomeEducation", "OnlineEducation"])
def test_trying_programs_at_another_school_tells_nothing(house, api, stay, side, program):
    answer = api.post(f"students/{stay.student.asn}/enrolments/", new(house, programming_type=program, concurrent=True))
    body = problem(answer, 400)
    assert body["errors"] == [{"field": "start_date", "message": body["errors"][0]["message"]}]
    assert "enrolled there" in body["detail"]


def test_what_another_school_has_planned_is_not_named(house, api, stay, side):
    """Of a plan that touches school A alone a registrar of B, where the student is too, learns that there is one."""
    third = factories.SchoolFactory(code="2003")
    factories.EnrolmentFactory(school=third, student=stay.student, concurrent=True)
    day = clock.today() + dt.timedelta(days=7)
    assert (
        api.post(
            f"enrolments/{stay.pk}/transfer-out/", transfer_values(side, transfer_date=day.isoformat())
        ).status_code
        == 200
    )
    main = factories.EnrolmentFactory(school=third, student=stay.student, start_date=days_ago(20))
    registrar = factories.UserFactory(role="Registrar", schools=[third])
    body = problem(
        client_of(registrar).post(
            f"enrolments/{main.pk}/transfer-out/", transfer_values(side, transfer_date=day.isoformat())
        ),
        409,
    )
    assert body["planned"] is None
    assert "Another school has planned" in body["detail"]
    assert house.registrar_a.full_name not in str(body)


def test_an_external_id_of_another_school_is_not_told(house, api):
    factories.EnrolmentFactory(school=house.b, external_id="host-9")
    wanted = {
        "external_id": "host-9", "asn": house.enrolment.student.asn, "school": house.a.code, "grade": "10",
        "school_year": str(house.enrolment.school_year + 1), "programming_type": "Regular", "programming_timeframe": "Day",
        "start_date": f"{house.enrolment.school_year.ending}-09-01", "exit_date": f"{house.enrolment.school_year.ending + 1}-06-26",
    }  # fmt: skip
    made = api.post("enrolments/", wanted)
    assert made.status_code == 201, made.content
    assert SchoolEnrolment.objects.filter(external_id="host-9").count() == 2
    again = problem(api.post("enrolments/", {**wanted, "programming_timeframe": "Evening"}), 400)
    assert [row["field"] for row in again["errors"]] == ["external_id"]


def test_what_pasi_will_say_of_another_schools_record_tells_none_of_its_fields(house, api, stay, side):
    """Grade, programs and types break rules of PASI there; main or concurrent and the days may be spoken of."""
    SchoolEnrolment.objects.filter(pk=side.pk).update(
        grade="12", grants_program_codes="110", enrolment_type_codes="121"
    )
    body = {**transfer_values(side), "dry_run": True}
    address = f"enrolments/{stay.pk}/transfer-out/"

    def expected_at_b(client):
        records = client.post(address, body).json()["records"]
        return {one["number"] for row in records if row["enrolment"] == side.pk for one in row["expected"]}

    assert expected_at_b(api) == set()
    assert {"10043", "10039"} <= expected_at_b(client_of(house.district))
    form = {key: value for key, value in body.items() if key != "dry_run"} | {"do": "preview"}
    shown = {
        user.username: page(user).post(f"/{address}", form).content.decode()
        for user in (house.registrar_a, house.district)
    }
    assert "(10043)" in shown["district"]
    assert "(10043)" not in shown["registrar_a"]


def test_a_refusal_for_another_schools_record_names_the_school_alone(house, api, stay, side):
    SchoolEnrolment.objects.filter(pk=side.pk).update(program_percentage=37)
    told = problem(api.post(f"enrolments/{stay.pk}/transfer-out/", transfer_values(side)), 409)["detail"]
    assert house.b.code in told
    assert "percent" not in told
    assert "610" not in told


def test_why_a_planned_action_stopped_is_for_the_school_that_planned_it(house, api, stay, side):
    later = (clock.today() + dt.timedelta(days=3)).isoformat()
    made = Action.objects.get(
        pk=api.post(f"enrolments/{stay.pk}/transfer-out/", transfer_values(side, transfer_date=later)).json()["id"]
    )
    cancel = f"/actions/{made.pk}/undo/"
    assert cancel in page(house.registrar_a).get("/actions/planned/").content.decode()
    assert cancel not in page(house.registrar_b).get("/actions/planned/").content.decode()
    Action.objects.filter(pk=made.pk).update(status=Action.Status.STOPPED, detail=SECRET)
    for address in ("/actions/planned/", f"/students/{stay.student_id}/"):
        assert SECRET in page(house.registrar_a).get(address).content.decode()
        assert SECRET not in page(house.registrar_b).get(address).content.decode()
