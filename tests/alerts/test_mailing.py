"""Mails leave once: what is known not to have gone goes again, what is not known does not."""

import datetime as dt
import smtplib

import pytest
from django.core import mail as outbox
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.mail.backends.locmem import EmailBackend

from alerts.models import Mail
from alerts.services import mailing, rounds
from config import env
from operations import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(here):
    mailing.plan_test(here.registrar)
    return Mail.objects.get()


def later(**span):
    return clock.moved_to(clock.now() + dt.timedelta(**span))


def raising(monkeypatch, name, error):
    def fails(*args, **more):
        raise error

    monkeypatch.setattr(EmailBackend, name, fails)


def test_a_test_mail_goes_to_the_persons_address_in_their_language(here, planned):
    assert mailing.drain() == 1
    (message,) = outbox.outbox
    assert (message.to, message.subject) == ([here.registrar.email], "PASI Connect: test e-mail")
    assert here.registrar.full_name in message.body
    assert message.extra_headers["Message-ID"] == f"<{planned.message_id}@localhost>"
    planned.refresh_from_db()
    assert (planned.status, planned.attempts, planned.sent_at is not None) == ("sent", 1, True)
    assert mailing.drain() == 0


def test_one_test_mail_a_minute_and_none_without_an_address(here, planned):
    with pytest.raises(ValidationError, match="less than a minute"):
        mailing.plan_test(here.registrar)
    here.colleague.email = ""
    with pytest.raises(ValidationError, match="no e-mail address"):
        mailing.plan_test(here.colleague)
    with later(minutes=2):
        mailing.plan_test(here.registrar)
    assert Mail.objects.count() == 2


def test_killed_between_claim_and_outcome_it_is_unknown_and_not_sent_again(here, planned, monkeypatch):
    with monkeypatch.context() as patched:
        raising(patched, "send_messages", SystemExit())
        with pytest.raises(SystemExit):
            mailing.drain()
    planned.refresh_from_db()
    assert planned.status == "sending"
    assert mailing.drain() == 0  # the claim may still be alive
    with later(hours=1):
        assert mailing.is_anything_due()
        assert mailing.drain() == 0
        planned.refresh_from_db()
        assert planned.status == "unknown"
        assert not mailing.is_anything_due()
    assert outbox.outbox == []


def test_a_late_answer_corrects_unknown(here, planned):
    claimed = mailing._claim(planned.pk)
    with later(hours=1):
        mailing.note_unknown()
        mailing._end(claimed, Mail.Status.SENT)
    planned.refresh_from_db()
    assert planned.status == "sent"


def test_two_processes_claim_it_once(here, planned):
    assert mailing._claim(planned.pk)
    assert mailing._claim(planned.pk) is None
    assert mailing.send(planned.pk) is False


@pytest.mark.parametrize(
    ("where", "error", "status"),
    [
        ("open", ConnectionRefusedError(), "planned"),
        ("open", TimeoutError(), "planned"),
        ("send_messages", smtplib.SMTPRecipientsRefused({"x": (550, b"unknown")}), "failed"),
        ("send_messages", smtplib.SMTPRecipientsRefused({"x": (451, b"later")}), "planned"),
        ("send_messages", smtplib.SMTPDataError(554, b"no"), "failed"),
        ("send_messages", smtplib.SMTPDataError(451, b"later"), "planned"),
        ("send_messages", smtplib.SMTPServerDisconnected("gone"), "unknown"),
        ("send_messages", TimeoutError(), "unknown"),
    ],
)
def test_what_the_mail_server_says_decides(here, planned, monkeypatch, where, error, status):
    with monkeypatch.context() as patched:
        raising(patched, where, error)
        assert mailing.drain() == 0
    planned.refresh_from_db()
    assert planned.status == status
    assert planned.detail == type(error).__name__
    with later(minutes=2):
        assert mailing.drain() == int(status == "planned")


def test_a_mail_server_that_stays_away_is_given_up(here, planned, monkeypatch):
    raising(monkeypatch, "open", ConnectionRefusedError())
    with later(hours=21):
        mailing.drain()
    planned.refresh_from_db()
    assert planned.status == "failed"


def test_without_a_mail_server_each_mail_is_a_file(here, planned, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = env.mail("", tmp_path / "mail").backend, str(tmp_path / "mail")
    assert mailing.drain() == 1
    (file,) = (tmp_path / "mail").iterdir()
    assert "This is the test e-mail" in file.read_text()


def test_the_address_of_the_mail_server_is_read_from_one_text(tmp_path):
    read = env.mail("smtp+starttls://me:s%40me@mail.example.ca", tmp_path)
    assert (read.host, read.port, read.user, read.password, read.starttls) == (
        "mail.example.ca",
        587,
        "me",
        "s@me",
        True,
    )
    assert env.mail("smtps://mail.example.ca:4465", tmp_path).tls
    with pytest.raises(ImproperlyConfigured) as refused:
        env.mail("http://me:secret@mail.example.ca", tmp_path)
    assert "secret" not in str(refused.value)


def test_the_tick_wakes_only_when_there_is_something(here, monkeypatch):
    woken = []
    monkeypatch.setattr(rounds.wake, "look", lambda name: woken.append(name) or True)
    rounds.plan_digests()

    def sweep(**span):
        with later(**span):
            rounds.sweep()

    sweep(seconds=60)
    assert woken == []
    mailing.plan_test(here.registrar)
    woken.clear()
    sweep(seconds=120)
    sweep(seconds=121)  # at most once in ten seconds
    assert woken == [mailing.TASK]
