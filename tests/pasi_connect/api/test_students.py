"""Students through the API: where their identity stands in PASI, and what PASI will refuse of a change before it is made."""

import pytest
from django.test import Client

from pasi_connect.models import CodeValue, Link, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services.queue import collecting
from sis.models import DataEvent, Student
from tests import factories
from tests.pasi_connect import students

pytestmark = pytest.mark.django_db(transaction=True)
STUDENTS = "/api/v1/students/"


@pytest.fixture
def student(world):
    CodeValue.objects.create(class_name="SourceDocumentType", code=students.PASSPORT, description="Canadian passport")
    return students.in_step(world)


@pytest.fixture
def api(world):
    client = Client()
    client.force_login(world.user)
    return client


def change(api, student, body, query=""):
    answer = api.patch(f"{STUDENTS}{student.pk}/{query}", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def standing(item):
    return item["pasi"]["state"], item["pasi"]["reason"]


def expected(item):
    return [(one["field"], one["code"], one["level"]) for one in item["expected"]]


REFUSED = [
    ({"identity_document_type": "Nope"}, "code_unknown", [("identity_document_type", "code_unknown", "rejection")]),
    ({"legal_last_name": "Ж"}, "text_outside", [("legal_last_name", "text_outside", "rejection")]),
    ({"identity_document_type": ""}, "value_refused", [("identity_document_type", "65031", "rejection")]),
]


def test_the_item_and_the_list_say_where_it_stands(world, api, student):
    there = students.theirs(world, student)["PASICoreVersion"]
    in_step = {"state": "in_step", "reason": "", "core_version": there}
    assert api.get(f"{STUDENTS}{student.pk}/").json()["pasi"] == in_step
    assert [row["pasi"] for row in api.get(f"{STUDENTS}?asn={student.asn}").json()["results"]] == [in_step]
    students.changed_there(world, student, Suffix="Jr.")
    assert api.get(f"{STUDENTS}{student.pk}/").json()["pasi"]["state"] == "differs"


def test_where_identity_is_not_synchronized_nothing_is_compared(world, api, student):
    world.set(student_identity=False)
    assert standing(api.get(f"{STUDENTS}{student.pk}/").json()) == ("not_compared", "kind_off")


@pytest.mark.parametrize(("body", "reason", "refusals"), REFUSED)
@pytest.mark.parametrize("in_body", [True, False])
def test_a_preview_says_what_pasi_will_refuse_and_keeps_nothing(api, student, body, reason, refusals, in_body):
    seen = change(api, student, {**body, "dry_run": True} if in_body else body, "" if in_body else "?dry_run=true")
    assert standing(seen) == ("held", reason)
    assert expected(seen) == refusals
    assert seen["version"] == str(student.revision)
    assert all(one["message"] and one["next_step"] and one["stays"] == [] for one in seen["expected"])
    assert Student.objects.get(pk=student.pk).revision == student.revision
    assert not DataEvent.objects.filter(entity="student", subject_id=student.pk).exists()


@pytest.mark.parametrize(("body", "reason", "refusals"), REFUSED)
def test_the_answer_of_the_write_says_what_then_becomes_of_it(api, student, body, reason, refusals):
    changed = change(api, student, body)
    assert (standing(changed), expected(changed)) == (("held", reason), refusals)
    collecting.collect("student", student.pk)
    made = Submission.objects.get(entity="student", subject_id=student.pk)
    assert (made.status, made.reason) == (Status.HELD, reason)


def test_a_change_that_pasi_takes_waits_and_expects_nothing(world, api, student):
    for query in ("?dry_run=true", ""):
        changed = change(api, student, {"legal_suffix": "Jr."}, query)
        assert (standing(changed), changed["expected"]) == (("waiting", ""), [])
    assert [row.status for row in students.sent(world, student)] == [Status.ACCEPTED]


def test_a_warning_of_pasi_holds_nothing(api, student):
    seen = change(api, student, {"identity_document_issued": "2099-01-01"}, "?dry_run=true")
    assert standing(seen) == ("waiting", "")
    assert expected(seen) == [("identity_document_issued", "11232", "warning")]


def test_a_correction_of_what_is_held_is_not_held(api, student):
    was = student.legal_last_name
    change(api, student, {"legal_last_name": "Ж"})
    collecting.collect("student", student.pk)
    assert standing(api.get(f"{STUDENTS}{student.pk}/").json()) == ("held", "text_outside")
    corrected = change(api, student, {"legal_last_name": was, "legal_suffix": "Jr."}, "?dry_run=true")
    assert (standing(corrected), corrected["expected"]) == (("waiting", ""), [])


def test_each_part_is_judged_for_itself(api, student):
    change(api, student, {"legal_last_name": "Ж"})
    preferred = change(api, student, {"preferred_first_name": "Bo", "preferred_last_name": "Ek"}, "?dry_run=true")
    assert standing(preferred) == ("waiting", "")
    assert expected(preferred) == [("legal_last_name", "text_outside", "rejection")]


def test_an_answer_leaves_no_link_behind(world, api, student):
    made = factories.StudentFactory()
    world.here(student=made)
    changed = change(api, made, {"legal_suffix": "Jr."})
    assert standing(changed) == ("held", "not_told")
    assert not Link.objects.filter(entity="student", subject_id=made.pk).exists()
