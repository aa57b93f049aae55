"""Mail at once: a minute's items together, each told once."""

import pytest
from django.core import mail as outbox

from alerts.models import Mail, MailChoice, MailedItem
from alerts.services import absences, assigning, choosing, rounds
from operations import clock
from operations.actor import of_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(here):
    """The registrar wants mail at once; today's digests are done."""
    rounds.plan_digests()
    choosing.choose(of_user(here.registrar), here.registrar, "at_once")
    return here


def work():
    outbox.outbox.clear()
    rounds.plan_at_once()
    rounds.mailing.drain()
    return list(outbox.outbox)


def test_items_of_a_minute_go_as_one_mail_and_once(waiting, differing, at):
    item = differing()
    with at(seconds=40):
        assert work() == []
        differing(exit_date_type="WithdrawalDate")
    with at(seconds=70):
        (message,) = work()
        assert message.to == [waiting.registrar.email]
        assert message.subject == "PASI Connect: 2 new changes"
        assert "2 × Only PASI changed" in message.body
        assert item.school_enrolment.student.legal_last_name not in message.body
        assert work() == []
    with at(minutes=30):
        assert work() == []
        assert not rounds._is_anything_new()  # the mark has moved on: nothing keeps the tick awake
        assert not MailedItem.objects.exists()
        later = differing()
    with at(minutes=32):
        (message,) = work()
        assert f"/changes/{later.pk}/" in message.body
    assert Mail.objects.filter(kind="at_once").count() == 2


def test_what_was_there_before_the_choice_and_what_others_look_after_is_not_told(here, differing, at):
    differing()
    rounds.plan_digests()
    choosing.choose(of_user(here.registrar), here.registrar, "at_once")
    theirs = differing()
    assigning.assign(of_user(here.colleague), theirs.pk, here.colleague.pk, holder_id=None)
    differing(here.other)
    with at(minutes=2):
        assert work() == []


def test_killed_while_planning_it_is_planned_again_and_once(waiting, differing, at, monkeypatch):
    differing()
    with at(minutes=2):
        with monkeypatch.context() as patched:

            def dies(*args, **more):
                raise SystemExit

            patched.setattr(rounds.mailing, "plan", dies)
            with pytest.raises(SystemExit):
                rounds.plan_at_once()
        assert len(work()) == 1
        assert work() == []


def test_of_two_processes_the_one_that_moves_the_turn_plans(waiting, differing, at):
    differing()
    with at(minutes=2):
        stale = MailChoice.objects.select_related("user").get()
        assert rounds._at_once_for(stale, {})
        assert not rounds._at_once_for(stale, {})
    assert Mail.objects.count() == 1


def test_so_many_at_once_are_told_in_one_mail_without_counting_each(waiting, differing, at, monkeypatch):
    monkeypatch.setattr(rounds, "MOST_TOLD", 3)
    for _ in range(6):
        differing()
    with at(minutes=2):
        (message,) = work()
        assert message.subject == "PASI Connect: many new changes"
        assert "More than 3 new changes" in message.body
        assert work() == []
        assert not MailedItem.objects.exists()


def test_who_is_away_is_not_told_afterwards_either(waiting, differing, at):
    registrar = waiting.registrar
    absence = absences.plan(of_user(registrar), registrar, waiting.colleague.pk, clock.today(), clock.today())
    differing()
    with at(minutes=2):
        assert work() == []
    absences.end(of_user(registrar), absence.pk)
    with at(minutes=4):
        assert work() == []
