"""`manage.py first_start`: an empty installation gets its authority and the people who open it, once."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from operations.models import AuditEntry, User
from pasi_connect.models import CallerSettings, Exchange
from sis.models import Authority
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

OPTIONS = ("--authority", "7010", "--name", "Prairie Lantern School Division", "--admin", "oriane")
OFFICER = ("--officer", "tomas")
LINK = re.compile(r"^ +https?://\S+?(/welcome/\S+/)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def plain_static(settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def printed(*arguments):
    out = StringIO()
    call_command("first_start", *arguments, stdout=out)
    return out.getvalue()


def links(text):
    return LINK.findall(text)


def test_the_links_open_the_product():
    first, second = links(printed(*OPTIONS, *OFFICER))
    for link, name, role in ((first, "oriane", "Administrator"), (second, "tomas", "District officer")):
        browser, password = Client(), "prairie-lantern-november"
        values = {"password": password, "new_password1": password, "new_password2": password}
        page = browser.get(link)
        fields = {bound.html_name for bound in page.context["form"]}
        answer = browser.post(link, {field: values.get(field, password) for field in fields if "token" not in field})
        assert answer.status_code == 200, answer.content.decode()
        assert browser.post("/sign-in/", {"username": name, "password": password}).status_code == 302
        assert browser.get(reverse("pasi_connect:setup")).status_code == 200
        assert User.objects.get(username=name).groups.get().name == role


def test_everything_is_in_the_audit():
    printed(*OPTIONS, *OFFICER)
    authority = Authority.objects.get()
    assert (authority.code, authority.name) == ("7010", "Prairie Lantern School Division")
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["authority created", "settings changed", *["user added", "invitation made"] * 2]
    assert set(AuditEntry.objects.values_list("actor_name", flat=True)) == {"[System] Sync"}


def test_our_processes_carry_the_authoritys_number():
    printed(*OPTIONS)
    assert CallerSettings.load().sync_local_id == "pasisync7010"


def test_a_local_id_that_somebody_chose_stays():
    CallerSettings.objects.create(pk=1, sync_local_id="lantern-sync")
    printed(*OPTIONS)
    assert CallerSettings.load().sync_local_id == "lantern-sync"


def test_run_again_it_makes_new_links_for_those_without_a_password_and_nothing_else():
    before = links(printed(*OPTIONS, *OFFICER))
    User.objects.filter(username="tomas").update(password="md5$x$y")
    text = printed(*OPTIONS, *OFFICER)
    assert "was set up already" in text and "tomas (District officer) has a password already" in text
    (link,) = links(text)
    assert Client().get(link).status_code == 200
    assert Client().get(before[0]).status_code == 404
    assert Authority.objects.count() == 1 and User.objects.count() == 2
    assert AuditEntry.objects.filter(action="settings changed").count() == 1


def test_a_name_of_the_authority_is_corrected():
    printed(*OPTIONS)
    printed("--authority", "A.7010", "--name", "Prairie Lantern S.D.", "--admin", "ORIANE")
    assert Authority.objects.get().name == "Prairie Lantern S.D."
    assert AuditEntry.objects.get(action="authority renamed").changes["name"][1] == "Prairie Lantern S.D."
    assert User.objects.get().username == "oriane"


def test_no_call_is_made_while_the_connection_is_not_set_up():
    printed(*OPTIONS)
    assert not Exchange.objects.exists()


def test_a_connection_that_is_set_up_is_tried(world, pasi):
    Authority.objects.all().update(name="Prairie Lantern School Division")
    code = Authority.objects.get().code
    text = printed("--authority", code, "--name", "Prairie Lantern School Division", "--admin", "oriane")
    assert "PASI answered: the connection works." in text
    assert Exchange.objects.get(operation="HelloWorld").organization == f"A.{code}"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"--authority": "701"}, "is no authority code"),
        ({"--authority": "７０１０"}, "is no authority code"),
        ({"--name": "  "}, "name: This field cannot be blank"),
        ({"--name": "x" * 161}, "at most 160 characters"),
        ({"--admin": "Oriane Tarkowski"}, "Enter a valid username"),
        ({"--admin": " "}, "cannot be blank"),
        ({"--admin": "Łucja"}, "only Latin letters"),
        ({"--officer": "Oriane"}, "a person has one role"),
    ],
)
def test_what_cannot_be_is_said_and_makes_nothing(changed, sentence):
    given = dict(zip(OPTIONS[::2], OPTIONS[1::2], strict=True)) | changed
    with pytest.raises(CommandError, match=sentence):
        printed(*(word for pair in given.items() for word in pair))
    assert not Authority.objects.exists() and not User.objects.exists() and not AuditEntry.objects.exists()


def test_there_is_one_authority():
    printed(*OPTIONS)
    with pytest.raises(CommandError, match="belongs to 7010 Prairie Lantern School Division"):
        printed("--authority", "7011", "--name", "Foothill Meadow", "--admin", "marisol")
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("person", "sentence"),
    [
        ({"role": "Registrar"}, "has the role Registrar, not Administrator"),
        ({"role": "Administrator", "is_active": False}, "may not sign in"),
        ({"role": "Administrator", "kind": "service"}, "is a service account"),
    ],
)
def test_an_account_that_is_something_else_is_not_opened(person, sentence):
    UserFactory(username="oriane", **person)
    with pytest.raises(CommandError, match=sentence):
        printed(*OPTIONS)
    assert not Authority.objects.exists()


def test_until_somebody_can_sign_in_the_page_says_what_to_run(settings):
    browser = Client()
    page = browser.get("/", follow=True)
    assert page.status_code == 200 and page.redirect_chain[-1][0].startswith("/sign-in/")
    text = page.content.decode()
    assert "manage.py first_start" in text and 'name="password"' not in text
    assert str(settings.DATA_DIR) not in text
    assert browser.post("/sign-in/", {"username": "x", "password": "y"}).status_code == 200
    printed(*OPTIONS)
    assert 'name="password"' in browser.get("/sign-in/").content.decode()


def test_the_page_is_in_french_too():
    browser = Client()
    browser.post("/language/", {"language": "fr"})
    text = browser.get("/sign-in/").content.decode()
    assert "manage.py first_start" in text and "Nobody can sign in" not in text
