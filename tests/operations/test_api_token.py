"""`manage.py api_token`: an operator's way to a token, printed alone, limited, and in the audit."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from operations import clock
from operations.models import ApiToken, AuditEntry, Notice
from operations.models.people import token_digest
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def printed(*arguments):
    out = StringIO()
    call_command("api_token", *arguments, stdout=out)
    return out.getvalue()


def test_the_token_is_printed_alone_and_opens_the_api():
    user = UserFactory()
    raw = printed(user.username, "--hours", "2").strip()
    answer = Client().get("/api/v1/schools/", headers={"Authorization": f"Bearer {raw}"})
    assert answer.status_code != 401
    token = ApiToken.objects.get(digest=token_digest(raw))
    assert token.user == user
    assert dt.timedelta(hours=1.9) < token.expires_at - clock.now() <= dt.timedelta(hours=2)


def test_the_audit_and_the_owner_are_told():
    user = UserFactory()
    printed(user.username)
    entry = AuditEntry.objects.get(action="token made")
    assert (entry.actor_name, entry.changes["name"]) == ("[System] Sync", [None, "Operator"])
    assert Notice.objects.filter(kind="token_made").exists()


def test_a_token_that_reads_changes_nothing():
    user = UserFactory()
    raw = printed(user.username, "--read").strip()
    assert ApiToken.objects.get(digest=token_digest(raw)).scope == ApiToken.Scope.READ


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nobody",), "There is no active account 'nobody'"),
        (("{name}", "--hours", "0"), "--hours must be from 1 to"),
        (("{name}", "--hours", "999999"), "--hours must be from 1 to"),
    ],
)
def test_what_cannot_be_is_said_and_makes_nothing(arguments, sentence):
    name = UserFactory().username
    with pytest.raises(CommandError, match=sentence):
        printed(*(argument.format(name=name) for argument in arguments))
    assert not ApiToken.objects.exists()


def test_who_has_left_gets_none():
    user = UserFactory(is_active=False)
    with pytest.raises(CommandError, match="no active account"):
        printed(user.username)
