"""Who a token acts as: its owner by name and the program, in the history and to PASI."""

import datetime as dt

import pytest

from alerts.models import Mail, MailChoice
from operations import clock, offers
from operations.actor import SYNC, of_user
from operations.models import AuditEntry, Notice
from operations.services import people
from pasi_connect.models import Exchange, Submission
from pasi_connect.services.queue import submissions
from sis.models import SchoolAccess
from tests import factories
from tests.api.conftest import client_of, problem
from tests.pasi_connect.conftest import pasi, simulator, world  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


def with_header(value):
    client = client_of(None)
    client.credentials(HTTP_AUTHORIZATION=value)
    return client


@pytest.mark.parametrize("word", ["Token", "Bearer", "bearer"])
def test_bearer_works_as_token_does(house, word):
    token = factories.token_of(house.registrar_a)
    assert with_header(f"{word} {token}").get("schools/").status_code == 200
    problem(with_header(f"{word} nonsense").get("schools/"), 401)
    problem(with_header(f"{word}").get("schools/"), 401)


def test_history_and_pasi_name_the_person_and_the_program(world):  # noqa: F811
    enrolment = world.in_step()
    api = with_header(f"Bearer {factories.token_of(world.user, 'Bus planner')}")
    assert api.patch(f"enrolments/{enrolment.pk}/", {"grade": "09"}).status_code == 200
    name = f"{world.user.full_name}, by Bus planner"
    assert AuditEntry.objects.filter(entity="school_enrolment").latest("id").actor_name == name
    assert world.send(world.take_up(enrolment)).status == "accepted"
    assert world.pasi.calls()[-1]["user"] == name
    assert Exchange.objects.latest("id").person_name == name
    assert world.copy(enrolment).updated_by == name


def test_a_spelling_that_is_agreed_later_keeps_the_program(world):  # noqa: F811
    type(world.user).objects.filter(pk=world.user.pk).update(last_name="Łącka")
    enrolment = world.in_step()
    api = with_header(f"Token {factories.token_of(world.user, 'Bus planner')}")
    api.patch(f"enrolments/{enrolment.pk}/", {"grade": "09"})
    assert world.take_up(enrolment).status == "held"
    type(world.user).objects.filter(pk=world.user.pk).update(plain_name="Rhea Lacka")
    world.edit(enrolment)
    submissions.release_held()
    assert Submission.objects.get().actor_name == "Rhea Lacka, by Bus planner"


def test_a_service_account_acts_under_its_own_name(house):
    service = factories.ServiceFactory(role="Registrar", schools=[house.a], last_name="Bus planning")
    api = with_header(f"Bearer {factories.token_of(service, 'Nightly')}")
    assert api.patch(f"enrolments/{house.enrolment.pk}/", {"grade": "09"}).status_code == 200
    assert AuditEntry.objects.filter(entity="school_enrolment").latest("id").actor_name == "Bus planning, by Nightly"


def test_the_owner_is_told_of_a_new_token_by_notice_and_mail(house):
    person = house.registrar_a
    type(person).objects.filter(pk=person.pk).update(email="rhea@example.org")
    person.refresh_from_db()
    people.make_token(of_user(person), person, "Bus planner")
    assert Notice.objects.get(person=person).kind == "token_made"
    mail = Mail.objects.get(user=person)
    assert (mail.kind, mail.address) == ("notice", "rhea@example.org")
    assert "Bus planner" in mail.body
    MailChoice.objects.create(user=person, how=MailChoice.How.OFF)
    people.make_token(of_user(person), person, "Another")
    assert (Notice.objects.count(), Mail.objects.count()) == (2, 1)


def limited(user, **reach):
    return with_header(f"Bearer {people.make_token(SYNC, user, 'Limited', **reach)}")


def test_a_token_that_reads_writes_nothing_and_previews_nothing(house):
    api = limited(house.registrar_a, scope="read")
    assert api.get(f"enrolments/{house.enrolment.pk}/").status_code == 200
    for values in ({"grade": "09"}, {"grade": "09", "dry_run": True}):
        assert "read-only" in problem(api.patch(f"enrolments/{house.enrolment.pk}/", values), 403)["detail"]
    problem(api.post("discrepancies/decide/", {}), 403)


@pytest.mark.parametrize("who", ["registrar_a", "district"])
def test_a_token_reaches_its_schools_and_no_other_of_its_owner(house, who):
    person = getattr(house, who)
    elsewhere = factories.EnrolmentFactory(school=house.b)
    if who == "registrar_a":
        SchoolAccess.objects.create(user=person, school=house.b)
    owner, api = limited(person), None
    assert {row["code"] for row in owner.get("schools/").json()["results"]} == {"2001", "2002"}
    people.revoke_token(SYNC, person.api_tokens.get())
    api = limited(person, schools=["2001"])
    assert [row["code"] for row in api.get("schools/").json()["results"]] == ["2001"]
    assert [row["id"] for row in api.get("enrolments/").json()["results"]] == [house.enrolment.pk]
    assert api.get(f"students/{house.enrolment.student_id}/").status_code == 200
    for address in (f"students/{elsewhere.student_id}/", f"enrolments/{elsewhere.pk}/", "schools/2002/"):
        problem(api.get(address), 404)
    problem(api.patch(f"enrolments/{elsewhere.pk}/", {"grade": "09"}), 404)
    assert api.patch(f"enrolments/{house.enrolment.pk}/", {"grade": "09"}).status_code == 200


def test_a_limited_token_does_nothing_for_the_whole_authority(house):
    api = limited(house.district, schools=["2001"])
    year = str(house.enrolment.school_year)
    problem(api.post("year-end/rehearsals/", {"school_year": year, "early": True}), 403)
    problem(api.get("reconciliations/"), 403)
    mine, other = factories.job(house.district, "queued"), factories.job(house.registrar_a, "queued")
    assert limited(house.district, scope="read", schools=[]).get("jobs/").json()["results"][0]["id"] in (
        mine.pk,
        other.pk,
    )
    assert api.get("jobs/").json()["results"] == []  # its owner's, not its own


def test_a_token_never_reaches_further_than_its_owner(house):
    api = limited(house.registrar_a, schools=["2001", "2002"])
    assert [row["code"] for row in api.get("schools/").json()["results"]] == ["2001"]
    SchoolAccess.objects.filter(user=house.registrar_a).delete()
    assert api.get("schools/").json()["results"] == []


def test_a_token_ends(house):
    raw = people.make_token(SYNC, house.registrar_a, "Short", clock.now() + dt.timedelta(days=1))
    assert with_header(f"Bearer {raw}").get("schools/").status_code == 200
    with clock.moved_to(clock.now() + dt.timedelta(days=1, seconds=1)):
        assert "expired" in problem(with_header(f"Bearer {raw}").get("schools/"), 401)["detail"]


def test_an_end_that_comes_near_is_told_once():
    person, service = factories.UserFactory(), factories.UserFactory(kind="service", last_name="Bus planning")
    for owner, days in ((person, 13), (person, 20), (service, 13)):
        people.make_token(SYNC, owner, f"in {days} days", clock.now() + dt.timedelta(days=days))
    for _ in range(2):
        people.warn_of_ends()
    told = Notice.objects.filter(kind=people.TOKEN_ENDS)
    assert sorted((row.person_id or 0, row.values["token"]) for row in told) == [
        (0, "in 13 days"),
        (person.pk, "in 13 days"),
    ]
    assert "“in 13 days”" in offers.notice_text(people.TOKEN_ENDS, told[0].values)
