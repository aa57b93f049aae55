"""Sections through the API: added, changed, deleted and restored, with the version that the caller saw, and sent to PASI."""

import pytest
from django.test import Client

from operations.models import User
from pasi_connect.models import SchoolCopy, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services.queue import collecting
from sis.models import DataEvent, School, Section
from sis.models.organization import State
from tests import factories
from tests.pasi_connect.world import YEAR

pytestmark = pytest.mark.django_db(transaction=True)
SECTIONS = "/api/v1/sections/"


@pytest.fixture
def term(world):
    School.objects.update(course_marks_integration=State.ACTIVE)
    factories.CourseFactory(code="MAT3791", name="Mathematics 30-1")
    calendar = factories.CalendarFactory(school=world.school, school_year=YEAR)
    return factories.TermFactory(calendar=calendar, name="Semester 1", alternate_code="S1", store_code="S1")


@pytest.fixture
def api(world):
    return Caller(world.user)


class Caller:
    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user)

    def ask(self, method, path="", body=None, **headers):
        named = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        return getattr(self.client, method)(SECTIONS + path, body or {}, content_type="application/json", **named)


def new(**more):
    return {
        "school": "4801", "school_year": str(YEAR), "term": "Semester 1", "course_codes": ["MAT3791"], "number": "3", **more
    }  # fmt: skip


@pytest.fixture
def section(world, term, api):
    """Added through the API, and in PASI."""
    made = api.ask("post", body=new())
    assert made.status_code == 201, made.content
    assert sent(world, made.json()["id"]).status == Status.ACCEPTED
    return api.client.get(f"{SECTIONS}{made.json()['id']}/").json()


def sent(world, pk):
    collecting.collect("section", pk)
    return world.send(Submission.objects.filter(entity="section", subject_id=pk).latest("pk"))


def in_pasi(world, section):
    return world.pasi.get(f"/control/records/Section/{section['ref_id']}/")


def test_a_new_section_follows_from_its_term_and_course_and_is_sent(world, section):
    assert (section["school"], section["school_year"], section["term"]) == ("4801", str(YEAR), "Semester 1")
    assert (section["course"], section["course_codes"], section["term_code"]) == ("MAT3791", ["MAT3791"], "S1")
    assert section["pasi"]["state"] == "in_step"
    assert in_pasi(world, section)["CourseCodes"] == ["MAT3791"]


def test_the_list_says_of_each_where_it_stands_as_the_item_does(section, api):
    [row] = api.ask("get").json()["results"]
    assert row["ref_id"]
    assert row["pasi"]["core_version"]
    assert (row["ref_id"], row["pasi"]) == (section["ref_id"], section["pasi"])


def test_the_address_of_a_new_one_and_its_version(term, api):
    made = api.ask("post", body=new())
    assert made["Location"].endswith(f"/api/v1/sections/{made.json()['id']}/")
    assert made["ETag"] == f'"{made.json()["version"]}"'
    assert made.json()["pasi"]["state"] == "waiting"


def test_the_same_key_adds_one_section(term, api):
    first = api.ask("post", body=new(), idempotency_key="section-one")
    again = api.ask("post", body=new(), idempotency_key="section-one")
    assert first.json()["id"] == again.json()["id"]
    assert Section.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "at", "status"),
    [
        ({"school": "4802"}, "school", 400),
        ({"term": "Semester 9"}, "term", 400),
        ({"course_codes": ["MAT9999"]}, "course_codes", 400),
        ({"course": "SST3771"}, "course", 400),
        ({"course_codes": []}, "course_codes", 400),
        ({"colour": "red"}, "colour", 400),
        ({"start_date": "2030-09-01"}, "date", 400),
    ],
)
def test_what_cannot_be_added_says_where(term, api, body, at, status):
    answer = api.ask("post", body=new(**body))
    assert answer.status_code == status, answer.content
    assert at in answer.content.decode()
    assert not Section.objects.exists()


def test_a_change_reaches_pasi(world, section, api):
    changed = api.ask("patch", f"{section['id']}/", {"minutes_offered": 7000}, if_match=section["version"])
    assert (changed.status_code, changed.json()["minutes_offered"]) == (200, 7000)
    assert changed.json()["version"] != section["version"]
    assert sent(world, section["id"]).status == Status.ACCEPTED
    assert in_pasi(world, section)["InstructionalMinutesOffered"] == 7000


def test_an_old_version_is_refused_with_what_stands_now(section, api):
    api.ask("patch", f"{section['id']}/", {"teacher": "A. Varga"})
    for method, body in (("patch", {"teacher": "B. Okafor"}), ("delete", None)):
        stale = api.ask(method, f"{section['id']}/", body, if_match=section["version"])
        assert (stale.status_code, stale.json()["current"]["teacher"]) == (412, "A. Varga")
    assert not Section.objects.get().deleted


def test_a_change_in_pasi_since_then_is_not_overwritten(world, section, api):
    world.pasi.change_other("Section", section["ref_id"], Description="Other words")
    world.pull()
    stale = api.ask("patch", f"{section['id']}/", {"minutes_offered": 7000}, if_match=section["version"])
    assert stale.status_code == 412


def test_two_quick_changes_with_the_version_of_the_first_answer(world, section, api):
    first = api.ask("patch", f"{section['id']}/", {"minutes_offered": 7000}, if_match=section["version"]).json()
    assert sent(world, section["id"]).status == Status.ACCEPTED
    second = api.ask("patch", f"{section['id']}/", {"minutes_offered": 7100}, if_match=first["version"])
    assert second.status_code == 200
    assert sent(world, section["id"]).status == Status.ACCEPTED


def test_deleted_and_restored(world, section, api):
    gone = api.ask("delete", f"{section['id']}/", if_match=section["version"])
    assert (gone.status_code, gone.json()["deleted"]) == (200, True)
    assert sent(world, section["id"]).status == Status.ACCEPTED
    assert in_pasi(world, section)["IsDeleted"]
    back = api.ask("patch", f"{section['id']}/", {"deleted": False})
    assert back.json()["deleted"] is False
    assert sent(world, section["id"]).status == Status.ACCEPTED
    assert not in_pasi(world, section)["IsDeleted"]


def test_a_section_with_students_is_not_deleted(section, api, world):
    made = Section.objects.get(pk=section["id"])
    factories.CourseEnrolmentFactory(enrolment=world.here(), section=made)
    refused = api.ask("delete", f"{section['id']}/")
    assert refused.status_code == 400
    assert not Section.objects.get(pk=made.pk).deleted


@pytest.mark.parametrize("member", ["school", "school_year", "term"])
def test_what_makes_another_section_names_the_way(section, api, member):
    answer = api.ask("patch", f"{section['id']}/", {member: "4802"})
    assert answer.status_code == 400
    assert "/api/v1/sections/" in answer.content.decode()


def test_a_preview_keeps_nothing_and_says_what_would_be_held(world, section, api):
    School.objects.update(course_marks_integration=State.INACTIVE)
    before = DataEvent.objects.count()
    seen = api.ask("patch", f"{section['id']}/?dry_run=true", {"minutes_offered": 7000})
    assert (seen.status_code, seen.json()["minutes_offered"]) == (200, 7000)
    assert (seen.json()["pasi"]["state"], seen.json()["pasi"]["reason"]) == ("held", "course_marks_inactive")
    assert seen.json()["version"] == section["version"]
    assert DataEvent.objects.count() == before
    added = api.ask("post", "?dry_run=true", new(number="4"))
    assert (added.status_code, added.json()["id"]) == (200, None)
    assert Section.objects.count() == 1


def test_previews_say_what_pasi_will_refuse_and_what_holds_a_change(world, section, api):
    """Also where something of the section is held already, for another reason."""
    for body in ({"description": "Ἀθῆναι"}, {"teacher": "A. Varga"}):
        seen = api.ask("patch", f"{section['id']}/?dry_run=true", body)
        told = [(one["field"], one["code"], one["level"]) for one in seen.json()["expected"]]
        assert told == ([("description", "text_outside", "rejection")] if "description" in body else [])
    api.ask("patch", f"{section['id']}/", {"description": "Ἀθῆναι"})
    collecting.collect("section", section["id"])
    assert api.ask("get", f"{section['id']}/").json()["pasi"]["reason"] == "text_outside"
    seen = api.ask("patch", f"{section['id']}/?dry_run=true", {"description": "Athens"}).json()
    assert (seen["pasi"]["state"], seen["pasi"]["reason"], seen["expected"]) == ("waiting", "", [])


def test_the_preview_of_a_deletion(world, section, api):
    seen = api.ask("delete", f"{section['id']}/?dry_run=true").json()
    assert (seen["deleted"], seen["pasi"]["state"], seen["expected"]) == (True, "waiting", [])
    assert not Section.objects.get().deleted
    SchoolCopy.objects.filter(code=section["school"]).delete()
    factories.SchoolCopyFactory(code=section["school"], authority_code="9999")
    seen = api.ask("delete", f"{section['id']}/?dry_run=true").json()
    assert [(one["field"], one["number"]) for one in seen["expected"]] == [("", "9020")]


def test_of_another_school_there_is_none(world, section):
    stranger = Caller(factories.UserFactory(role="Registrar", schools=[world.other]))
    for method in ("get", "patch", "delete"):
        assert stranger.ask(method, f"{section['id']}/").status_code == 404
    administrator = Caller(factories.UserFactory(role="Administrator"))
    assert administrator.ask("patch", f"{section['id']}/", {"teacher": "X"}).status_code == 403
