"""Retention: each kind goes after its days, and not before; the tick does it in pieces."""

import datetime as dt
import os
import uuid

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session

from alerts.models import Mail
from operations import clock, offers
from operations.models import ErrorEntry, IdempotencyKey, KeepingSettings, ReadEntry
from operations.services import keeping
from pasi_connect.models import Exchange
from tests import factories

pytestmark = pytest.mark.django_db


def ago(days):
    return clock.now() - dt.timedelta(days=days)


def exchange(days, **values):
    return Exchange.objects.create(
        message_id=uuid.uuid4(), operation="HelloWorld", organization="S.2001", sent_at=ago(days), **values
    )


def read(days):
    return ReadEntry.objects.create(
        user=factories.UserFactory(),
        at=ago(days),
        hour=ago(days),
        kind="listed",
        place="sis:student-list",
        filter_digest=str(days),
    )


def signed_in(model, days):
    more = {"failures_since_start": 1} if model is AccessAttempt else {}
    made = model.objects.create(username=f"rhea {days}", ip_address="127.0.0.1", **more)
    model.objects.filter(pk=made.pk).update(attempt_time=ago(days))
    return made


def session(days):
    return Session.objects.create(session_key=uuid.uuid4().hex[:32], session_data="x", expire_date=ago(days))


def answer(days):
    return IdempotencyKey.objects.create(
        user=factories.UserFactory(), key="a", request_digest="b", created_at=ago(days)
    )


def mail(days, status="sent"):
    at = ago(days)
    return Mail.objects.create(
        user=factories.UserFactory(), kind="notice", key=str(days), status=status, address="a@example.org", language="en",
        subject="x", body="y", until=at, planned_at=at, next_attempt_at=at,
    )  # fmt: skip


KINDS = [
    ("exchanges", "exchanges_days", exchange),
    ("reads", "reads_days", read),
    ("sign-ins", "sign_ins_days", lambda days: signed_in(AccessLog, days)),
    ("sign-ins", "sign_ins_days", lambda days: signed_in(AccessAttempt, days)),
    ("sign-ins", "sign_ins_days", lambda days: signed_in(AccessFailureLog, days)),
    ("sessions", "sessions_days", session),
    ("answers", "answers_days", answer),
    ("mails", "mails_days", mail),
    ("errors", "errors_days", lambda days: ErrorEntry.objects.create(at=ago(days), route="x", error="KeyError")),
]


@pytest.mark.parametrize(("name", "setting", "make"), KINDS)
def test_each_kind_goes_after_its_days(name, setting, make, settings):
    settings.KEEP = {**settings.KEEP, setting: 100}
    old, young = make(100.1), make(99.9)
    assert keeping.remove(offers.retention[name]) == 1
    assert set(type(old).objects.values_list("pk", flat=True)) == {young.pk}
    KeepingSettings.objects.create(pk=1, **{setting: 30})
    assert keeping.remove(offers.retention[name]) == 1
    assert not type(old).objects.exists()


def test_every_setting_has_a_kind_and_a_default(settings):
    kinds = {kind.setting for kind in offers.retention.values() if kind.setting}
    fields = {field.name for field in KeepingSettings._meta.fields} - {"id", "version", "token_most_days"}
    assert kinds == fields
    assert set(settings.KEEP) == {*fields, "token_most_days", "runs_days"}


def test_bodies_go_before_their_calls(settings):
    settings.KEEP = {**settings.KEEP, "bodies_days": 14}
    old, young = exchange(15, request_body="<a/>"), exchange(13, answer_body="<b/>")
    assert keeping.remove(offers.retention["bodies"]) == 1
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.request_body, young.answer_body) == ("", "<b/>")


def test_a_mail_that_waits_is_not_removed():
    mail(400, status="planned")
    assert keeping.remove(offers.retention["mails"]) == 0


def test_mails_that_are_files_go_too(settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    for name, days in (("old.log", 91), ("young.log", 89)):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (ago(days).timestamp(),) * 2)
    assert keeping.remove(offers.retention["mails"]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["young.log"]


def test_the_tick_removes_in_pieces_and_then_rests(monkeypatch):
    monkeypatch.setattr(keeping, "CHUNK", 2)
    monkeypatch.setattr(keeping, "_next", {})
    for _ in range(5):
        session(9)
    left = []
    for _ in range(4):
        offers.chores["retention"]()
        left.append(Session.objects.count())
    assert left == [3, 1, 0, 0]
    session(9)
    offers.chores["retention"]()
    assert Session.objects.count() == 1, "it looks again in ten minutes"


def test_a_kind_that_fails_keeps_no_other(monkeypatch, caplog):
    def fail(before, most):
        raise OSError

    monkeypatch.setattr(keeping, "_next", {})
    monkeypatch.setattr(offers, "retention", {"broken": offers.Retention("x", fail, "reads_days"), **offers.retention})
    session(9)
    offers.chores["retention"]()
    assert not Session.objects.exists()
    assert "could not be removed" in caplog.text
