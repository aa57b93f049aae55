"""Nobody knows somebody else's password: a link for one use lets its person choose one."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.test import Client

from operations import clock
from operations.actor import SYNC
from operations.models import ApiToken, AuditEntry, Invitation, Notice, User
from operations.services import invitations, people
from tests.factories.people import PASSWORD

NEW = "seven-geese-over-the-slough"
CHOSEN = {"password": NEW, "again": NEW}


@pytest.fixture
def person(here):
    User.objects.filter(pk=here.registrar.pk).update(email="rhea@example.org", language="fr")
    here.registrar.refresh_from_db()
    return here.registrar


@pytest.fixture
def without_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"


def link(person):
    return f"/welcome/{invitations.make(SYNC, person)}/"


def test_without_a_mail_server_the_link_is_shown_once(here, as_person, person, without_mail):
    admin = as_person(here.admin)
    page = admin.post(f"/people/{person.pk}/link/").content.decode()
    raw = re.search(r"http://testserver/welcome/([\w-]+)/", page)[1]
    assert raw not in admin.get(f"/people/{person.pk}/").content.decode()
    assert raw not in str(list(Invitation.objects.values())) + str(list(AuditEntry.objects.values()))
    assert Client().get(f"/welcome/{raw}/").status_code == 200


def test_with_a_mail_server_nobody_else_sees_it(here, as_person, person, settings):
    settings.PUBLIC_URL = "https://pasi.example.ca"
    answer = as_person(here.admin).post(f"/people/{person.pk}/link/", follow=True)
    raw = re.search(r"https://pasi.example.ca/welcome/([\w-]+)/", mail.outbox[0].body)[1]
    assert raw not in answer.content.decode()
    assert "rhea@example.org" in answer.content.decode()
    assert mail.outbox[0].to == ["rhea@example.org"]
    assert invitations.of(raw).user == person


def test_a_mail_that_does_not_go_out_leaves_the_link(here, as_person, person, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody is there
    assert "/welcome/" in as_person(here.admin).post(f"/people/{person.pk}/link/").content.decode()


def test_it_sets_the_password_once_and_opening_it_changes_nothing(person, as_person):
    before, address = as_person(person), link(person)
    for _ in range(2):
        assert Client().get(address).status_code == 200
    assert before.get("/students/").status_code == 200
    assert Client().post(address, {"password": "short", "again": "short"}).status_code == 422
    browser = Client(enforce_csrf_checks=True)
    shown = browser.get(address).content.decode()
    mark = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown)[1]
    done = browser.post(address, {**CHOSEN, "csrfmiddlewaretoken": mark})
    assert done.status_code == 200
    assert "Your password is set" in done.content.decode()
    person.refresh_from_db()
    assert person.check_password(NEW)
    assert before.get("/students/").status_code == 302, "other browsers are signed out"
    assert Client().post(address, {"password": PASSWORD, "again": PASSWORD}).status_code == 404
    assert Client().get(address).status_code == 404
    person.refresh_from_db()
    assert person.check_password(NEW)
    assert Notice.objects.get(person=person).kind == "password_set"
    assert NEW not in str(list(AuditEntry.objects.values()))


def test_it_ends_and_a_newer_one_takes_its_place(person):
    first = link(person)
    second = link(person)
    assert (Client().get(first).status_code, Client().get(second).status_code) == (404, 200)
    with clock.moved_to(clock.now() + dt.timedelta(days=3, seconds=1)):
        assert Client().post(second, CHOSEN).status_code == 404
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_who_may_not_sign_in_sets_no_password(here, as_person, person):
    address = link(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert Client().post(address, CHOSEN).status_code == 404
    as_person(here.admin).post(f"/people/{person.pk}/link/")
    assert not mail.outbox


def test_tokens_end_with_it_for_who_says_so(person):
    people.make_token(SYNC, person, "Bus planner")
    address = link(person)
    assert "Revoke my API tokens too" in Client().get(address).content.decode()
    Client().post(address, {**CHOSEN, "end_tokens": "on"})
    assert not ApiToken.objects.exists()
