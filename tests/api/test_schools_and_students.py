"""Schools and students over the API: only one's own; of a student the names and the identification are changed."""

import pytest

from tests import factories
from tests.api.conftest import client_of, faulty_fields, problem


def test_schools_of_the_person(house, api):
    (school,) = api.get("schools/").json()["results"]
    assert school == {
        "id": house.a.pk,
        "external_id": None,
        "code": "2001",
        "name": house.a.name,
        "authority": "1750",
        "enrolment_sync": "active",
        "course_marks_integration": "active",
    }
    assert api.get("schools/2001/").json() == school
    problem(api.get("schools/2002/"), 404)
    assert [row["code"] for row in client_of(house.district).get("schools/").json()["results"]] == ["2001", "2002"]


def test_students_are_found_by_asn_with_and_without_hyphens(house, api):
    student = house.enrolment.student
    for asn in (student.asn, student.asn_shown):
        (found,) = api.get(f"students/?asn={asn}").json()["results"]
        assert (found["id"], found["asn"], found["birth_date"]) == (student.pk, student.asn, "2012-03-04")
    assert api.get("students/?asn=123456789").json()["results"] == []
    assert faulty_fields(api.get("students/?asn=12345678")) == {"asn"}
    assert faulty_fields(api.get("students/?name=Varga")) == {"name"}


def test_a_student_of_another_school_does_not_exist(house):
    other = client_of(house.registrar_b)
    assert other.get(f"students/?asn={house.enrolment.student.asn}").json()["results"] == []
    problem(other.get(f"students/{house.enrolment.student_id}/"), 404)


def test_names_and_identification_are_changed_at_the_version_that_was_seen(house, api):
    address = f"students/{house.enrolment.student_id}/"
    seen = api.get(address)
    assert (seen["ETag"], seen.json()["legal_name_exact"]) == ('"1"', True)
    wanted = {"legal_suffix": "Jr.", "identity_document_type": "CanadianPassport", "birth_date": "2012-03-05"}
    preview = api.patch(f"{address}?dry_run=true", wanted, format="json", HTTP_IF_MATCH='"1"')
    assert preview.json()["legal_suffix"] == "Jr."
    changed = api.patch(address, wanted, format="json", HTTP_IF_MATCH='"1"').json()
    assert (changed["legal_suffix"], changed["birth_date"], changed["version"]) == ("Jr.", "2012-03-05", "2")
    late = api.patch(address, {"legal_suffix": "III"}, format="json", HTTP_IF_MATCH='"1"')
    assert problem(late, 412)["current"]["legal_suffix"] == "Jr."
    assert faulty_fields(api.patch(address, {"preferred_first_name": "Mim"}, format="json")) == {"preferred_last_name"}
    assert faulty_fields(api.patch(address, {"asn": "123456789"}, format="json")) == {"asn"}
    assert faulty_fields(api.patch(address, {"identity_document_number": "12345"}, format="json")) == {
        "identity_document_number"
    }
    problem(client_of(house.registrar_b).patch(address, wanted, format="json"), 404)
    (found,) = api.get("students/?identity_document_type=CanadianPassport&birth_date=2012-03-05").json()["results"]
    assert found["id"] == house.enrolment.student_id
    assert api.get("students/?legal_name_exact=false").json()["results"] == []


def test_a_page_mark_that_is_given_several_times_is_a_number_each_time(api):
    assert faulty_fields(api.get("students/?after=false&after=")) == {"after"}
    assert api.get("students/?after=1&after=2").status_code == 200


@pytest.mark.parametrize("address", ["schools/", "students/"])
def test_nothing_can_be_written_here(house, address):
    problem(client_of(house.district).post(address, {}), 405)


def test_a_token_that_is_unknown_expired_or_of_somebody_who_left(house):
    client = client_of(None)
    refused = client.get("schools/")
    problem(refused, 401)
    assert refused["WWW-Authenticate"] == "Token"
    client.credentials(HTTP_AUTHORIZATION="Token nonsense")
    problem(client.get("schools/"), 401)
    client = client_of(house.registrar_a)
    house.registrar_a.is_active = False
    house.registrar_a.save()
    problem(client.get("schools/"), 401)


@pytest.mark.parametrize("address", ["nonsense/", "schools", "schools/20011/", "enrolments/x/", "enrolments/1/leave/"])
def test_addresses_that_do_not_exist(api, address):
    problem(api.get(address), 404)
    problem(api.post(address, {}), 404)


def test_a_signed_in_person_needs_no_token_but_a_form_token_to_write(house):
    client = client_of(None)
    client.handler.enforce_csrf_checks = True
    client.force_login(house.registrar_a)
    assert client.get("enrolments/").status_code == 200
    problem(client.patch(f"enrolments/{house.enrolment.pk}/", {"grade": "09"}), 403)


def test_answers_speak_the_language_of_the_caller(house, api):
    made = factories.submission(house.enrolment, "held", reason="sync_off")
    english = api.get(f"submissions/{made.pk}/").json()["message"]
    assert english == "Regular synchronization is off."
