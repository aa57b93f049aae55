import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from lxml import html

from operations.models import AuditEntry, User
from operations.rules.bodies import MB
from tests.factories.people import PASSWORD
from tests.markup import squeezed


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
    assert "Wait a few minutes" in locked.content.decode()
    assert sign_in(client, here.registrar).status_code == 429
    assert sign_in(Client(), here.stranger).status_code == 302


def test_an_administrator_sees_and_ends_the_lock(here, as_person):
    client, admin = Client(), as_person(here.admin)
    for _ in range(5):
        sign_in(client, here.registrar, "wrong")
    page = f"/people/{here.registrar.pk}/"
    assert "Unlock the account" in admin.get(page).content.decode()
    admin.post(f"{page}unlock/")
    assert "Unlock the account" not in admin.get(page).content.decode()
    assert sign_in(client, here.registrar).status_code == 302
    assert AuditEntry.objects.filter(action="login unlocked", subject_id=str(here.registrar.pk)).count() == 1


def test_the_language_is_kept_with_the_person(here, as_person):
    client = as_person(here.registrar)
    client.post("/language/", {"language": "fr", "next": "/words/"})
    assert User.objects.get(pk=here.registrar.pk).language == "fr"
    assert '<html lang="fr"' in squeezed(client.get("/words/").content.decode())
    assert '<html lang="fr"' in squeezed(as_person(here.registrar).get("/words/").content.decode())
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


def test_a_form_sent_after_the_session_ended_is_not_saved_and_not_lost(here):
    """Browser and server as they are: with the form's token checked."""
    browser = Client(enforce_csrf_checks=True)
    browser.get("/sign-in/")
    entered = {"reason": "Called the family <twice>.", "last_day_attended": "2026-11-20", "password": "hunter2"}
    token = browser.cookies["csrftoken"].value
    late = browser.post("/profile/", {**entered, "csrfmiddlewaretoken": token})
    page = late.content.decode()
    assert late.status_code == 403
    assert "Not saved: your session has ended" in page
    assert "Called the family &lt;twice&gt;." in page
    assert "hunter2" not in page
    sent = {"to": "/profile/", "kept:reason": entered["reason"], "csrfmiddlewaretoken": token}
    wrong = browser.post("/sign-in/again/", {**sent, "username": here.registrar.username, "password": "no"})
    assert wrong.status_code == 422
    assert "Called the family &lt;twice&gt;." in wrong.content.decode()
    here.registrar.set_password("a long pass phrase")
    here.registrar.save()
    back = browser.post(
        "/sign-in/again/", {**sent, "username": here.registrar.username, "password": "a long pass phrase"}
    )
    assert back.status_code == 200
    assert 'name="reason" value="Called the family &lt;twice&gt;."' in back.content.decode()
    assert browser.get("/profile/").status_code == 200
    away = browser.post(
        "/sign-in/again/",
        {**sent, "to": "https://example.org/", "csrfmiddlewaretoken": browser.cookies["csrftoken"].value},
    )
    assert away.url == "/sign-in/"


HERE = "http://testserver"


@pytest.fixture
def old_page(here):
    """(browser, token): a page that was opened before the person signed in anew in another tab."""
    here.registrar.set_password("a long pass phrase")
    here.registrar.save()
    browser = Client(enforce_csrf_checks=True)
    browser.get("/sign-in/")
    token = browser.cookies["csrftoken"].value
    entered = {"username": here.registrar.username, "password": "a long pass phrase", "csrfmiddlewaretoken": token}
    assert browser.post("/sign-in/", entered).status_code == 302
    return browser, token


def hidden(page):
    fields = html.fromstring(page.content.decode()).xpath("//main//form//input[@type='hidden']")
    return {field.get("name"): field.get("value") for field in fields}


def test_a_form_with_the_token_of_an_earlier_sign_in_is_sent_again_by_one_press(here, old_page):
    browser, token = old_page
    own = here.registrar.full_name
    entered = {"shortcuts_enabled": "on", "plain_name": own, "new_password": "hunter2"}
    origin = {"Origin": HERE, "Referer": f"{HERE}/profile/?from=menu"}
    late = browser.post("/profile/", {**entered, "csrfmiddlewaretoken": token}, headers=origin)
    page = late.content.decode()
    assert late.status_code == 403
    assert "Not saved: this page was opened before your last sign-in" in page
    assert "Passwords are not stored." in page
    assert "hunter2" not in page
    assert 'href="/profile/?from=menu"' in page
    kept = hidden(late)
    assert {name: kept[name] for name in ("shortcuts_enabled", "plain_name")} == {
        "shortcuts_enabled": "on", "plain_name": own,
    }  # fmt: skip
    assert html.fromstring(page).xpath("//main//form/@action") == ["/profile/"]
    assert browser.post("/profile/", kept, headers=origin).status_code == 302


def test_files_of_an_old_page_are_named_to_be_chosen_again(old_page, here):
    browser, token = old_page
    here.registrar.user_permissions.add(Permission.objects.get(codename="reconciliation"))
    sent = {"note": "two words", "before": SimpleUploadedFile("May.csv", b"x"), "csrfmiddlewaretoken": token}
    late = browser.post("/reconciliation/new/", sent, headers={"Origin": HERE})
    form = html.fromstring(late.content.decode()).xpath("//main//form")[0]
    assert form.get("enctype") == "multipart/form-data"
    assert [
        (field.get("name"), field.getparent().text_content().strip()) for field in form.xpath(".//input[@type='file']")
    ] == [("before", "Choose May.csv again")]
    assert "two words" in late.content.decode()


@pytest.mark.parametrize(("size", "named"), [(10, True), (3 * MB, False)])
def test_files_of_an_ended_session_are_named_if_that_costs_nothing(db, settings, tmp_path, size, named):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    browser = Client()
    browser.get("/sign-in/")
    late = browser.post(
        "/reconciliation/new/", {"before": SimpleUploadedFile("May.csv", b"x" * size)}, headers={"Origin": HERE}
    )
    assert late.status_code == 403
    assert ("Choose May.csv again" in late.content.decode() or 'value="May.csv"' in late.content.decode()) == named
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://elsewhere.example"},
        {"Referer": "https://elsewhere.example/profile/"},
        {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_what_another_site_sends_is_never_offered_again(old_page, headers):
    browser, token = old_page
    late = browser.post("/profile/", {"plain_name": "Mallory", "csrfmiddlewaretoken": token}, headers=headers)
    assert late.status_code == 403
    assert "Mallory" not in late.content.decode()
    assert "This page was open too long" in late.content.decode()


def test_an_old_page_of_nobody_goes_on_after_the_sign_in(here, old_page):
    """The session ended, somebody signed in and out in another tab, and the page of the late form was open too long too."""
    browser, _token = old_page
    browser.post("/sign-out/", {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value})
    browser.cookies.pop("sessionid", None)
    sent = {"reason": "Called the family.", "csrfmiddlewaretoken": "x" * 32}
    late = browser.post("/profile/", sent, headers={"Origin": HERE})
    assert "Not saved: your session has ended" in late.content.decode()
    kept = hidden(late)
    assert kept["kept:reason"] == "Called the family."
    entered = {**kept, "username": here.registrar.username, "password": "a long pass phrase"}
    old = browser.post("/sign-in/again/", {**entered, "csrfmiddlewaretoken": "y" * 32}, headers={"Origin": HERE})
    assert hidden(old) | {"csrfmiddlewaretoken": ""} == kept | {"csrfmiddlewaretoken": ""}
    assert "a long pass phrase" not in old.content.decode()
    back = browser.post("/sign-in/again/", entered | hidden(old), headers={"Origin": HERE})
    assert hidden(back)["reason"] == "Called the family."
    away = {"to": "https://elsewhere.example/", "kept:reason": "x", "csrfmiddlewaretoken": "y" * 32}
    assert (
        "This page was open too long"
        in browser.post("/sign-in/again/", away, headers={"Origin": HERE}).content.decode()
    )


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/profile/tokens/", "/profile/"),
        ("/profile/password/", "/profile/"),
        ("/profile/tokens/7/revoke/", "/profile/tokens/"),
        ("/people/{}/link/", "/people/{}/"),
        ("/decisions/7/undo/", "/"),
        ("/sign-out/", "/"),
    ],
)
def test_opening_an_address_that_only_takes_forms_leads_to_the_page_above_it(here, as_person, address, page):
    client = as_person(here.registrar if address.startswith("/decisions/") else here.admin)
    address = address.format(here.registrar.pk)
    answer = client.get(address, headers={"Accept": "text/html,application/xhtml+xml"})
    assert (answer.status_code, answer["Location"]) == (302, page.format(here.registrar.pk))
    assert client.get(address).status_code == 405  # a program is told so
    assert client.get("/profile/").status_code == 200  # nobody is signed out by a link
