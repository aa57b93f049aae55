"""Who gets which mail when: each person's daily digest, and what has just opened for those who want it at once."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min
from django.utils import timezone

from alerts import selectors
from alerts.models import DigestDay, Mail, MailChoice, MailedItem
from alerts.rules import digest as rules
from alerts.services import choosing, digests, mailing
from operations import clock, offers, wake
from operations.models import User
from pasi_connect import selectors as pasi
from pasi_connect.models import Discrepancy

EVERY = dt.timedelta(seconds=10)
PEOPLE = 200  # planned in one round; the next one goes on
FIRST_WINDOW = dt.timedelta(days=1)
MOST_TOLD = 500
# An id is drawn before its row is committed: below an item this old, no new one can appear.
COMMITTED = dt.timedelta(minutes=10)

_looked_at = dt.datetime.min.replace(tzinfo=dt.UTC)
_untold = False  # the last wake was not taken


def sweep() -> None:
    """The tick's round: wakes the one who plans and sends, when there is something to do."""
    global _looked_at, _untold
    now = clock.now()
    if dt.timedelta(0) <= now - _looked_at < EVERY:
        return
    _looked_at = now
    if is_digest_due() or _is_anything_new() or mailing.is_anything_due():
        _untold = not wake.look(mailing.TASK)


def work() -> None:
    """The woken task."""
    plan_digests()
    plan_at_once()
    mailing.drain()


def _idle_hands() -> int:
    """What has just opened is gathered for a while: it waits for nobody unless the wake was not taken."""
    return int(is_digest_due() or mailing.is_anything_due() or (_untold and _is_anything_new()))


ERRAND = offers.Errand(
    hands=_idle_hands,
    mark=lambda: Mail.objects.order_by("-pk").values_list("pk", flat=True).first(),
    do=work,
    patience=60.0,  # a mail may wait longer than a change
)


# --- Once a day --------------------------------------------------------------------------------------------------


def is_digest_due() -> bool:
    now = timezone.localtime(clock.now())
    if not rules.is_due(now, settings.DIGEST_TIME):
        return False
    return not DigestDay.objects.filter(day=now.date()).exclude(done_at=None).exists()


def plan_digests() -> int:
    """Plans today's mails where they are still to be planned. Gives their number. A person's mail and the mark are one commit."""
    if not is_digest_due():
        return 0
    today = clock.today()
    day = DigestDay.objects.get_or_create(day=today)[0]
    away = selectors.stand_ins()
    planned = 0
    for _turn in range(PEOPLE):
        person = selectors.deciders().filter(pk__gt=day.upto).order_by("pk").first()
        if person is None:
            DigestDay.objects.filter(day=today, done_at=None).update(done_at=clock.now())
            break
        number = _digest_of(person, day, away)
        if number is None:
            break  # another process has gone on with this day
        planned += number
        day.upto = person.pk
    return planned


def _digest_of(person: User, day: DigestDay, away: dict[int, int]) -> bool | None:
    """Whether a mail was planned; None when the mark has moved."""
    wanted = person.email and person.pk not in away and choosing.choice_of(person).how != MailChoice.How.OFF
    until = clock.now()
    since = _last_digest(person) or until - FIRST_WINDOW
    draft = digests.daily(person, since, until, away) if wanted else None
    with transaction.atomic():
        moved = DigestDay.objects.filter(day=day.day, upto=day.upto, done_at=None).update(upto=person.pk)
        if not moved:
            return None
        return bool(draft) and mailing.plan(person, Mail.Kind.DAILY, day.day.isoformat(), draft, until, since)  # type: ignore[arg-type]


def _last_digest(person: User) -> dt.datetime | None:
    last = Mail.objects.filter(user=person, kind=Mail.Kind.DAILY).exclude(status=Mail.Status.FAILED)
    return last.order_by("-pk").values_list("until", flat=True).first()


# --- At once -----------------------------------------------------------------------------------------------------


def _is_anything_new() -> bool:
    lowest = MailChoice.objects.filter(how=MailChoice.How.AT_ONCE).aggregate(lowest=Min("floor"))["lowest"]
    return lowest is not None and Discrepancy.objects.filter(pk__gt=lowest).exists()


def plan_at_once() -> int:
    """Plans a mail for each person who wants one at once and for whom something has opened a minute ago. Gives their number."""
    if not _is_anything_new():
        return 0
    away = selectors.stand_ins()
    choices = MailChoice.objects.filter(how=MailChoice.How.AT_ONCE, user__in=selectors.deciders())
    return sum(_at_once_for(choice, away) for choice in choices.select_related("user").order_by("pk"))


def _at_once_for(choice: MailChoice, away: dict[int, int]) -> bool:
    person, now = choice.user, clock.now()
    if person.pk in away or not person.email:
        return _pass_over(choice)  # is not told afterwards either
    waiting = selectors.needing_a_person(pasi.discrepancies(person).select_related(None).filter(pk__gt=choice.floor))
    own = waiting.filter(~selectors.held_by_colleagues(selectors.stood_in_for(person, away)))
    rows = list(own.order_by("pk").values_list("pk", "kind", "school_code", "opened_at")[: MOST_TOLD + 1])
    mailed = set(MailedItem.objects.filter(user=person, item_id__gt=choice.floor).values_list("item_id", flat=True))
    fresh = [row for row in rows if row[0] not in mailed]
    if not fresh:
        return _pass_over(choice, now - COMMITTED)
    if not rules.is_gathered(min(row[3] for row in fresh), now):
        return False
    more, fresh = len(rows) > MOST_TOLD, fresh[:MOST_TOLD]
    draft = digests.at_once(person, [row[:3] for row in fresh], more)
    with transaction.atomic():
        # Of two processes, the one that moves the turn plans the mail. Too many are not noted one by one: the list has them.
        floor = choosing.newest_item() if more else choice.floor
        if not _turn(choice, floor):
            return False
        MailedItem.objects.bulk_create(
            [MailedItem(user=person, item_id=row[0]) for row in fresh if row[0] > floor], batch_size=500
        )
        return mailing.plan(person, Mail.Kind.AT_ONCE, str(choice.turn + 1), draft, now)


def _pass_over(choice: MailChoice, opened_before: dt.datetime | None = None) -> bool:
    """Nothing is told of what there is by now; only where the newest item is that old, when `opened_before` is given."""
    newest = Discrepancy.objects.order_by("-pk").values_list("pk", "opened_at").first()
    if newest and newest[0] > choice.floor and (opened_before is None or newest[1] < opened_before):
        with transaction.atomic():
            if _turn(choice, newest[0]):
                MailedItem.objects.filter(user_id=choice.user_id, item_id__lte=newest[0]).delete()
    return False


def _turn(choice: MailChoice, floor: int) -> bool:
    changed = MailChoice.objects.filter(pk=choice.pk, turn=choice.turn).update(floor=floor, turn=F("turn") + 1)
    return bool(changed)
