"""What stands around every page: the pulse, the link, the exchange log."""

from uuid import uuid4

import pytest

from operations import clock
from operations.actor import of_user
from pasi_connect.models import Exchange, LinkState
from pasi_connect.services import decisions
from tests.factories import EnrolmentFactory, changed_in_pasi, link_and_copy, submission

pytestmark = pytest.mark.django_db


def call(school_code, **given):
    return Exchange.objects.create(
        message_id=uuid4(),
        operation="SubmitStudentSchoolEnrolment",
        school_code=school_code,
        organization=f"S.{school_code}",
        person_name="Rhea Molnar",
        person_local_id="rhea",
        person_ip="10.0.0.9",
        sent_at=clock.now(),
        **given,
    )


def test_pulse_tells_new_changes_once(here, as_person, item):
    registrar = as_person(here.registrar)
    quiet = registrar.get(f"/pulse/?since={item.pk}").content.decode()
    assert "new change" not in quiet
    told = quiet.split('name="told" value="')[1].split('"')[0]
    assert registrar.get(f"/pulse/?since={item.pk}&told={told}").status_code == 204
    second = EnrolmentFactory(school=here.school)
    link_and_copy(second)
    changed_in_pasi(second, grade="10")
    news = registrar.get(f"/pulse/?since={item.pk}&told={told}").content.decode()
    assert "1 new change from PASI" in news
    assert '<span class="n">2</span>' in news


def test_pulse_tells_that_the_change_on_the_page_has_moved(here, as_person, item, enrolment):
    registrar = as_person(here.registrar)
    address = f"/pulse/?since={item.pk}&item={item.pk}&version={item.version}&status=open"
    assert "has moved" not in registrar.get(address).content.decode()
    changed_in_pasi(enrolment, grade="11")
    assert "This record has changed since you opened the page." in registrar.get(address).content.decode()


def test_pulse_tells_that_the_change_on_the_page_has_settled(here, as_person, item, enrolment):
    decisions.accept(of_user(here.district), item.pk)
    address = f"/pulse/?since={item.pk}&item={item.pk}&version={item.version}&status=open"
    assert "This change is settled now." in as_person(here.registrar).get(address).content.decode()


def test_pulse_tells_a_change_of_an_item_that_was_open_already(here, as_person, item, enrolment):
    registrar = as_person(here.registrar)
    mark = f"{item.pk}.{item.core_version}"
    assert "new change" not in registrar.get(f"/pulse/?since={mark}").content.decode()
    changed_in_pasi(enrolment, grade="11")
    assert "1 new change from PASI" in registrar.get(f"/pulse/?since={mark}").content.decode()


def test_pulse_is_scoped(here, as_person, item):
    assert "new change" not in as_person(here.stranger).get("/pulse/?since=0").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "since=x",
        "item=x",
        "since=99999999999999999999",
        "since=1.99999999999999999999",
        "since=²",
        "item=99999999999999999999",
    ],
)
def test_pulse_bears_odd_addresses(here, as_person, query):
    assert as_person(here.registrar).get(f"/pulse/?{query}").status_code == 200


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("up", "PASI is reachable"),
        ("down", "PASI is unavailable; nothing is lost"),
        ("not_authorized", "PASI is refusing our connection"),
    ],
)
def test_link(here, as_person, state, title):
    LinkState.objects.update(state=state, since=clock.now(), code="1002" if state == "not_authorized" else "")
    submission(EnrolmentFactory(school=here.school), "waiting")
    text = as_person(here.registrar).get("/link/").content.decode()
    assert title in text
    assert ("PASI has disabled our certificate. (1002)" in text) is (state == "not_authorized")
    assert "/setup/certificate/" not in text


def test_link_leads_those_who_set_up_to_the_certificate(here, as_person):
    assert "/setup/certificate/" in as_person(here.admin).get("/link/").content.decode()


def test_exchanges_of_the_own_schools_alone(here, as_person):
    mine, other, internal = call(here.school.code), call(here.other.code), call("")
    registrar = as_person(here.registrar)
    text = registrar.get("/exchanges/").content.decode()
    assert f"/exchanges/{mine.pk}/" in text
    assert f"/exchanges/{other.pk}/" not in text
    assert registrar.get(f"/exchanges/{other.pk}/").status_code == 404
    assert registrar.get(f"/exchanges/{internal.pk}/").status_code == 404
    assert as_person(here.admin).get(f"/exchanges/{internal.pk}/").status_code == 200


def test_no_exchange_yet(here, as_person):
    assert (
        "No calls have been made for your schools yet" in as_person(here.registrar).get("/exchanges/").content.decode()
    )


def test_exchange_filters(here, as_person):
    one = call(here.school.code, outcome="rejected", code="10016", key=str(uuid4()))
    registrar = as_person(here.registrar)
    assert f"/exchanges/{one.pk}/" in registrar.get("/exchanges/?outcome=rejected").content.decode()
    assert f"/exchanges/{one.pk}/" not in registrar.get("/exchanges/?outcome=accepted").content.decode()
    assert registrar.get("/exchanges/?outcome=odd").status_code == 400


def test_bodies_are_for_those_who_set_up(here, as_person):
    one = call(here.school.code, request_body="<Envelope>secret</Envelope>", answer_body="<ok/>")
    assert "secret" not in as_person(here.registrar).get(f"/exchanges/{one.pk}/").content.decode()
    assert "&lt;Envelope&gt;secret" in as_person(here.district).get(f"/exchanges/{one.pk}/").content.decode()


def test_the_student_page_says_why_something_is_not_in_pasi(here, as_person, item, enrolment):
    one = submission(enrolment, "rejected", rejections=[{"code": "10016", "message": ""}])
    text = as_person(here.registrar).get(f"/students/{enrolment.student_id}/").content.decode()
    assert "Why this is not in PASI" in text
    assert f"/submissions/{one.pk}/" in text
    assert f"/changes/{item.pk}/" in text


@pytest.mark.parametrize("path", ["/changes/", "/submissions/", "/exchanges/", "/link/", "/pulse/"])
def test_anonymous_people_sign_in_first(client, db, path):
    assert client.get(path).status_code == 302
