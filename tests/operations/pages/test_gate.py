import pytest
from django.test import Client

from operations.models import AuditEntry, User
from tests.factories.people import PASSWORD


def sign_in(client, user, password=PASSWORD):
    return client.post("/sign-in/", {"username": user.username, "password": password})


@pytest.mark.parametrize(
    "address",
    ["/students/", "/schools/", "/profile/", "/words/", "/people/", "/setup/", "/students/1/", "/styleguide/"],
)
def test_who_is_not_signed_in_goes_to_the_gate(db, address):
    answer = Client().get(address)
    assert answer.status_code == 302
    assert answer.url == f"/sign-in/?next={address}"


def test_signing_in_leads_to_where_the_person_wanted(here):
    client = Client()
    answer = client.post("/sign-in/", {"username": here.registrar.username, "password": PASSWORD, "next": "/words/"})
    assert answer.url == "/words/"
    assert client.get("/words/").status_code == 200
    assert client.get("/sign-out/").status_code == 405
    client.post("/sign-out/")
    assert client.get("/words/").status_code == 302


def test_a_wrong_password_says_so_and_five_lock_the_name(here):
    client = Client()
    assert "Not signed in" in sign_in(client, here.registrar, "wrong").content.decode()
    for _ in range(3):
        sign_in(client, here.registrar, "wrong")
    locked = sign_in(client, here.registrar, "wrong")
    assert locked.status_code == 429
    assert "Wait a while" in locked.content.decode()
    assert sign_in(client, here.registrar).status_code == 429
    assert sign_in(Client(), here.stranger).status_code == 302


def test_an_administrator_sees_and_ends_the_lock(here, as_person):
    client, admin = Client(), as_person(here.admin)
    for _ in range(5):
        sign_in(client, here.registrar, "wrong")
    page = f"/people/{here.registrar.pk}/"
    assert "Unlock now" in admin.get(page).content.decode()
    admin.post(f"{page}unlock/")
    assert "Unlock now" not in admin.get(page).content.decode()
    assert sign_in(client, here.registrar).status_code == 302
    assert AuditEntry.objects.filter(action="login unlocked", subject_id=str(here.registrar.pk)).count() == 1


def test_the_language_is_kept_with_the_person(here, as_person):
    client = as_person(here.registrar)
    client.post("/language/", {"language": "fr", "next": "/words/"})
    assert User.objects.get(pk=here.registrar.pk).language == "fr"
    assert '<html lang="fr"' in client.get("/words/").content.decode()
    assert '<html lang="fr"' in as_person(here.registrar).get("/words/").content.decode()
    client.post("/language/", {"language": "xx"})
    assert User.objects.get(pk=here.registrar.pk).language == "fr"


def test_the_theme_is_kept_and_leads_back_to_this_site_only(here, as_person):
    client = as_person(here.registrar)
    assert client.post("/theme/", {"theme": "dark", "next": "/words/"}).url == "/words/"
    assert 'data-theme="dark"' in client.get("/words/").content.decode()
    assert client.post("/theme/", {"theme": "light", "next": "https://elsewhere.example/"}).url == "/"
    client.post("/theme/", {"theme": "pink"})
    assert User.objects.get(pk=here.registrar.pk).theme == "light"


def test_error_pages_are_ours(here, as_person):
    page = as_person(here.registrar).get("/nowhere/")
    assert page.status_code == 404
    assert "This page does not exist" in page.content.decode()
    assert as_person(here.registrar).get("/api/v1/nowhere/")["Content-Type"].startswith("application/problem+json")
    strict = Client(enforce_csrf_checks=True)
    assert "This page was open too long" in strict.post("/sign-in/", {}).content.decode()


def test_the_words_are_printed_from_the_tables(here, as_person):
    from pasi_connect.rules import faults, held

    page = as_person(here.registrar).get("/words/").content.decode()
    for reason in held.REASONS:
        assert reason.message.replace("'", "&#x27;") in page
    for code in {*faults.FAULTS, *faults.REJECTIONS} - {faults.HUNG_UP}:  # that one is no code of PASI's
        assert f">{code}</th>" in page
