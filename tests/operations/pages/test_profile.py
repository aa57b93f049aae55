import datetime as dt

import pytest

from operations import clock
from operations.models import ApiToken, AuditEntry, KeepingSettings, Notice, User
from operations.models.people import token_digest
from sis.models import SchoolAccess
from tests.factories import SchoolFactory, UserFactory
from tests.factories.people import PASSWORD
from tests.markup import squeezed

NEW = "seven-geese-over-the-slough"


@pytest.fixture
def lucja(here):
    return UserFactory(first_name="Łucja", last_name="Wiśniewska", schools=[here.school])


def test_a_name_beyond_latin_letters_gets_a_proposal_and_is_agreed_once(as_person, lucja):
    client = as_person(lucja)
    page = client.get("/profile/")
    assert page.context["form"]["plain_name"].value() == "Lucja Wisniewska"
    assert "Approve how PASI writes your name" in page.content.decode()
    assert not User.objects.get(pk=lucja.pk).name_fits
    client.post("/profile/", {"plain_name": "Lucja Wisniewska", "theme": "", "language": "", "shortcuts_enabled": "on"})
    lucja.refresh_from_db()
    assert (lucja.plain_name, lucja.name_fits) == ("Lucja Wisniewska", True)
    assert AuditEntry.objects.get(action="profile changed").changes == {"plain_name": ["", "Lucja Wisniewska"]}
    assert "Approve how PASI writes" not in client.get("/profile/").content.decode()


@pytest.mark.parametrize("name", ["Łucja", "Two  blanks"])
def test_a_name_that_pasi_cannot_store_is_refused_and_kept_on_the_page(as_person, lucja, name):
    answer = as_person(lucja).post("/profile/", {"plain_name": name, "theme": "", "language": ""})
    assert answer.status_code == 422
    assert f'value="{name}"' in answer.content.decode()
    lucja.refresh_from_db()
    assert lucja.plain_name == ""


def test_language_theme_and_keys_are_saved(here, as_person):
    client = as_person(here.registrar)
    client.post("/profile/", {"plain_name": "", "theme": "dark", "language": "fr"})
    here.registrar.refresh_from_db()
    assert (here.registrar.theme, here.registrar.language, here.registrar.shortcuts_enabled) == ("dark", "fr", False)
    page = squeezed(client.get("/profile/").content.decode())
    assert '<html lang="fr" data-theme="dark">' in page
    assert 'data-shortcuts="off"' in page


def test_a_new_password_ends_the_other_sessions(here, as_person):
    mine, other = as_person(here.registrar), as_person(here.registrar)
    given = {"present": PASSWORD, "password": NEW, "again": NEW}
    assert mine.post("/profile/password/", given).status_code == 302
    assert mine.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302
    assert AuditEntry.objects.get(action="password set").changes == {}
    assert [notice.kind for notice in Notice.objects.filter(person=here.registrar)] == ["password_changed"]
    assert "Your password was changed" in mine.get("/notices/").content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"present": "wrong"}, "present"),
        ({"again": "another-one-entirely"}, "again"),
        ({"password": "short", "again": "short"}, "password"),
    ],
)
def test_a_password_that_cannot_be_taken_changes_nothing(here, as_person, change, field):
    answer = as_person(here.registrar).post(
        "/profile/password/", {"present": PASSWORD, "password": NEW, "again": NEW, **change}
    )
    assert answer.status_code == 422
    assert field in answer.context["password_form"].errors
    here.registrar.refresh_from_db()
    assert here.registrar.check_password(PASSWORD)


def test_a_token_is_shown_once_works_and_is_revoked(here, as_person):
    client = as_person(here.registrar)
    answer = client.post(
        "/profile/tokens/", {"name": "Bus planner", "scope": "read", "expires_at": "", "present": PASSWORD}
    )
    raw = answer.context["new_token"]
    assert raw in answer.content.decode()
    token = ApiToken.objects.get(user=here.registrar)
    assert dt.timedelta(days=364) < token.expires_at - clock.now() <= dt.timedelta(days=366)
    assert token.digest == token_digest(raw)
    assert raw not in client.get("/profile/").content.decode()
    assert client.get("/profile/tokens/").status_code == 405
    assert as_person(here.stranger).post(f"/profile/tokens/{token.pk}/revoke/").status_code == 404
    client.post(f"/profile/tokens/{token.pk}/revoke/")
    assert not ApiToken.objects.exists()
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"token made", "token revoked"}


def test_a_token_needs_a_name_and_a_day_to_come(here, as_person):
    answer = as_person(here.registrar).post("/profile/tokens/", {"name": "", "expires_at": "2001-01-01"})
    assert answer.status_code == 422
    assert set(answer.context["token_form"].errors) == {"name", "scope", "expires_at", "present"}
    assert not ApiToken.objects.exists()


def token_values(**changes):
    return {"name": "Bus planner", "scope": "read", "expires_at": "", "present": PASSWORD} | changes


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"present": "wrong"}, "present"),
        ({"present": ""}, "present"),
        ({"expires_at": "9999-12-31"}, "expires_at"),
        ({"expires_at": "2999-12-31"}, "expires_at"),
        ({"scope": "everything"}, "scope"),
    ],
)
def test_a_token_that_cannot_be_made_is_said_where(here, as_person, change, field):
    answer = as_person(here.registrar).post("/profile/tokens/", token_values(**change))
    assert answer.status_code == 422
    assert set(answer.context["token_form"].errors) == {field}
    assert not ApiToken.objects.exists()


def test_the_longest_life_is_a_setting(here, as_person):
    client = as_person(here.registrar)
    KeepingSettings.objects.create(pk=1, token_most_days=30)
    day = clock.today() + dt.timedelta(days=31)
    assert client.post("/profile/tokens/", token_values(expires_at=day.isoformat())).status_code == 422
    assert client.post("/profile/tokens/", token_values()).status_code == 200
    assert ApiToken.objects.get().expires_at - clock.now() <= dt.timedelta(days=30)


def test_a_token_is_limited_to_schools_of_its_owner(here, as_person):
    other = SchoolFactory()
    SchoolAccess.objects.create(user=here.registrar, school=other)
    client = as_person(here.registrar)
    assert client.post("/profile/tokens/", token_values(schools=["9999"])).status_code == 422
    assert client.post("/profile/tokens/", token_values(schools=[other.code])).status_code == 200
    assert ApiToken.objects.get().schools == [other.code]
    shown = client.get("/profile/").content.decode()
    assert f"only {other.code}" in shown
    assert "never used" in shown


@pytest.mark.parametrize(("ends", "left"), [({}, 1), ({"end_tokens": "on"}, 0)])
def test_a_new_password_ends_tokens_for_who_says_so(here, as_person, ends, left):
    client = as_person(here.registrar)
    client.post("/profile/tokens/", token_values())
    client.post("/profile/password/", {"present": PASSWORD, "password": NEW, "again": NEW, **ends})
    assert ApiToken.objects.count() == left
    assert AuditEntry.objects.filter(action="token revoked").count() == 1 - left
