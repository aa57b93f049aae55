"""Mails leave by rows: planned, claimed by a conditional UPDATE, sent. What may have gone out is never sent again."""

import datetime as dt
import logging
import random
import smtplib
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from alerts.models import Mail, MailChoice
from alerts.services.choosing import choice_of
from operations import clock, offers, wake
from operations.models import Notice, User
from operations.rules import back_off

log = logging.getLogger(__name__)

TASK = "alerts.mail"
FIRST_WAIT, LONGEST_WAIT = 30.0, 1800.0  # seconds between two tries while the mail server is away
GIVE_UP = dt.timedelta(hours=20)  # a digest of yesterday says nothing that today's does not
CLAIM = dt.timedelta(seconds=300)  # longer than all the time-outs of one sending together
BATCH = 50
Status = Mail.Status


@dataclass(frozen=True)
class Draft:
    subject: str
    body: str


def language_of(user: User) -> str:
    return user.language or settings.LANGUAGE_CODE


def address(path: str) -> str:
    """An address of this product as it stands in a mail."""
    return f"{settings.PUBLIC_URL}{path}"


def render(name: str, subject: str, context: dict[str, Any]) -> Draft:
    """A mail from `templates/alerts/mail/`. In the language that holds now."""
    body = render_to_string(f"alerts/mail/{name}.txt", context)
    return Draft(" ".join(subject.split())[:200], body.strip() + "\n")


def plan(user: User, kind: str, key: str, draft: Draft, until: dt.datetime, since: dt.datetime | None = None) -> bool:
    """Writes the row, which is the mail. False when this mail is there already. Inside the caller's transaction."""
    now = clock.now()
    mails = Mail.objects.bulk_create(
        [
            Mail(
                user=user,
                kind=kind,
                key=key,
                message_id=uuid.uuid4(),
                address=user.email,
                language=language_of(user),
                subject=draft.subject,
                body=draft.body,
                since=since,
                until=until,
                planned_at=now,
                next_attempt_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    is_planned = Mail.objects.filter(user=user, kind=kind, key=key, message_id=mails[0].message_id).exists()
    if is_planned:
        wake.look_after_commit(TASK)
    return is_planned


@transaction.atomic
def plan_test(user: User) -> None:
    """Raises ValidationError without an address, or when one has just been asked for."""
    if not user.email:
        raise ValidationError(_("Your account has no e-mail address. Ask an administrator to enter it."))
    User.objects.select_for_update().get(pk=user.pk)
    now = clock.now()
    recent = Mail.objects.filter(
        user=user, kind=Mail.Kind.TEST, planned_at__gt=now - dt.timedelta(minutes=1), planned_at__lte=now
    )
    if recent.exists():
        raise ValidationError(_("A test e-mail was requested less than a minute ago. Look for that one first."))
    with translation.override(language_of(user)):
        draft = render("test", _("PASI Connect: test e-mail"), {"person": user.full_name})
    plan(user, Mail.Kind.TEST, uuid.uuid4().hex, draft, now)


def plan_notice(person: User, notice: Notice) -> None:
    """The same sentence by mail, for a person who takes mail. Inside the transaction of what it tells of."""
    if not person.email or not person.is_active or choice_of(person).how == MailChoice.How.OFF:
        return
    with translation.override(language_of(person)):
        text = offers.notice_text(notice.kind, notice.values)
        context = {"text": text, "url": address(notice.url or "/notices/")}
        draft = render("notice", _("PASI Connect: %(what)s") % {"what": text}, context)
    plan(person, Mail.Kind.NOTICE, str(notice.pk), draft, notice.at)


# --- Sending -----------------------------------------------------------------------------------------------------


def is_anything_due() -> bool:
    return _due().exists() or _dead().exists()


def _due() -> QuerySet[Mail]:
    wait = dt.timedelta(seconds=LONGEST_WAIT)
    return Mail.objects.filter(clock.reached("next_attempt_at", wait), status=Status.PLANNED).order_by("pk")


def _dead() -> QuerySet[Mail]:
    """Claims whose process died. A living one, if a clock was set, still says what became of its mail."""
    return Mail.objects.filter(clock.longer_ago("claimed_at", CLAIM), status=Status.SENDING)


def drain() -> int:
    """Sends what is due, a batch at most. Gives the number sent."""
    note_unknown()
    return sum(send(pk) for pk in list(_due().values_list("pk", flat=True)[:BATCH]))


def note_unknown() -> int:
    """Of the dead: the mail may have gone out or not."""
    return _dead().update(status=Status.UNKNOWN, detail="The process ended while the mail was being sent.")


def send(pk: int) -> bool:
    """One mail, by whoever claims it first. True when it is known to have gone out."""
    mail = _claim(pk)
    if mail is None:
        return False
    try:
        connection = get_connection()
        connection.open()
    except Exception as error:  # noqa: BLE001 - nothing has been handed over yet, so whatever it was, it may be tried again
        _later(mail, error)
        return False
    try:
        connection.send_messages([_message(mail)])
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _text in error.recipients.values()]
        _refused(mail, error, bool(codes) and min(codes) >= 500)
    except smtplib.SMTPResponseException as error:
        _refused(mail, error, error.smtp_code >= 500)
    except Exception as error:
        log.exception("Mail %s: whether it was sent is not known.", mail.pk)
        _end(mail, Status.UNKNOWN, detail=type(error).__name__)
    else:
        _end(mail, Status.SENT, sent_at=clock.now())
        return True
    finally:
        _close(connection)
    return False


def _claim(pk: int) -> Mail | None:
    claimed = _due().filter(pk=pk).update(status=Status.SENDING, claimed_at=clock.now(), attempts=F("attempts") + 1)
    return Mail.objects.get(pk=pk) if claimed else None


def _message(mail: Mail) -> EmailMessage:
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >") or "localhost"
    headers = {"Message-ID": f"<{mail.message_id}@{host}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(mail.subject, mail.body, to=[mail.address], headers=headers)


def _end(mail: Mail, status: str, **more: Any) -> None:
    """Only the claim that it belongs to; a late answer still corrects "unknown"."""
    Mail.objects.filter(
        pk=mail.pk, attempts=mail.attempts, status__in=(Status.SENDING, Status.UNKNOWN)
    ).update(status=status, **more)  # fmt: skip


def _later(mail: Mail, error: Exception) -> None:
    """The server certainly does not have it: again after a while, until it would say nothing new."""
    log.warning("Mail %s was not sent: %s.", mail.pk, type(error).__name__)
    detail = type(error).__name__
    if clock.now() - mail.planned_at > GIVE_UP:
        _end(mail, Status.FAILED, detail=detail)
        return
    wait = back_off.seconds(mail.attempts, FIRST_WAIT, LONGEST_WAIT, random.random())
    _end(mail, Status.PLANNED, next_attempt_at=clock.now() + dt.timedelta(seconds=wait), detail=detail)


def _refused(mail: Mail, error: Exception, for_good: bool) -> None:
    if for_good:
        log.warning("Mail %s was refused: %s.", mail.pk, type(error).__name__)
        _end(mail, Status.FAILED, detail=type(error).__name__)
    else:
        _later(mail, error)


def _close(connection: Any) -> None:
    try:
        connection.close()
    except Exception as error:  # noqa: BLE001 - the mail's outcome stands by now
        log.info("The mail server did not say good-bye: %s.", type(error).__name__)
