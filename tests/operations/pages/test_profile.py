import pytest

from operations.models import ApiToken, AuditEntry, User
from operations.models.people import token_digest
from tests.factories import UserFactory
from tests.factories.people import PASSWORD

NEW = "seven-geese-over-the-slough"


@pytest.fixture
def lucja(here):
    return UserFactory(first_name="Łucja", last_name="Wiśniewska", schools=[here.school])


def test_a_name_beyond_latin_letters_gets_a_proposal_and_is_agreed_once(as_person, lucja):
    client = as_person(lucja)
    page = client.get("/profile/")
    assert page.context["form"]["plain_name"].value() == "Lucja Wisniewska"
    assert "Agree once how PASI writes your name" in page.content.decode()
    assert not User.objects.get(pk=lucja.pk).name_fits
    client.post("/profile/", {"plain_name": "Lucja Wisniewska", "theme": "", "language": "", "shortcuts_enabled": "on"})
    lucja.refresh_from_db()
    assert (lucja.plain_name, lucja.name_fits) == ("Lucja Wisniewska", True)
    assert AuditEntry.objects.get(action="profile changed").changes == {"plain_name": ["", "Lucja Wisniewska"]}
    assert "Agree once" not in client.get("/profile/").content.decode()


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
    page = client.get("/profile/").content.decode()
    assert '<html lang="fr" data-theme="dark">' in page
    assert 'data-shortcuts="off"' in page


def test_a_new_password_ends_the_other_sessions(here, as_person):
    mine, other = as_person(here.registrar), as_person(here.registrar)
    given = {"present": PASSWORD, "password": NEW, "again": NEW}
    assert mine.post("/profile/password/", given).status_code == 302
    assert mine.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302
    assert AuditEntry.objects.get(action="password set").changes == {}


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
    answer = client.post("/profile/tokens/", {"name": "Bus planner", "expires_at": "2199-06-30"})
    raw = answer.context["made"]
    assert raw in answer.content.decode()
    token = ApiToken.objects.get(user=here.registrar)
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
    assert set(answer.context["token_form"].errors) == {"name", "expires_at"}
    assert not ApiToken.objects.exists()
