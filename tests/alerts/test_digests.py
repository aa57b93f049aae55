"""The daily digest: who gets it, what it tells, and that it tells nothing of a student."""

import datetime as dt

import pytest
from django.core import mail as outbox
from django.http import QueryDict

from alerts.models import DigestDay, Mail
from alerts.rules import digest as rules
from alerts.services import absences, assigning, choosing, mailing, rounds
from operations import clock
from operations.actor import of_user
from operations.models import User
from pasi_connect.models import Discrepancy
from pasi_connect.services import decisions
from pasi_connect.services.queue import submissions
from tests.factories import submission, take_up

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 20)


@pytest.mark.parametrize(("opened", "number"), [(20, 1), (19, 2), (18, 3), (1, 20)])
def test_the_day_on_which_it_opened_is_day_one(opened, number):
    assert rules.day_number(DAY.replace(day=opened), DAY) == number
    assert (number >= rules.OLD_FROM_DAY) == (DAY.replace(day=opened) <= rules.last_old_day(DAY))


def digests(**later):
    """The mails of that day, as the woken task plans and sends them; by user name."""
    outbox.outbox.clear()
    rounds.work()
    return {to: message for message in outbox.outbox for to in message.to}


def to(user: User) -> str:
    return user.email


def test_what_is_older_than_two_days_is_told_once_a_day_with_its_day(here, differing, at):
    item = differing()
    for day, told in ((0, False), (1, False), (2, True), (3, True)):
        with at(days=day):
            found = digests()
            assert (to(here.registrar) in found) is told, day
            if told:
                message = found[to(here.registrar)]
                assert f"still open, day {day + 1}" in message.body
                link = f"/changes/{item.pk}/?school={item.school_code}&kind=changed_in_pasi&opened_on=2026-11-20&who=nobody"
                assert f"http://127.0.0.1:8000{link}" in message.body
            assert digests() == {}  # and not twice
    assert DigestDay.objects.filter(done_at=None).count() == 0
    kinds = Mail.objects.filter(user=here.registrar).values_list("key", "status")
    assert sorted(kinds) == [("2026-11-22", "sent"), ("2026-11-23", "sent")]


def test_it_goes_to_those_who_decide_there_and_have_an_address(here, differing, at):
    differing()
    User.objects.filter(pk=here.district.pk).update(email="")
    with at(days=2):
        assert set(digests()) == {to(here.registrar), to(here.colleague)}


def test_off_is_off(here, differing, at):
    differing()
    choosing.choose(of_user(here.registrar), here.registrar, "off")
    with at(days=2):
        assert set(digests()) == {to(here.colleague), to(here.district)}


def test_before_the_time_of_day_nothing_is_planned(here, differing, at):
    differing()
    with at(days=2, hours=-1):
        assert digests() == {}
        assert not DigestDay.objects.exists()
    with at(days=2, hours=9):  # the product was off at seven
        assert digests()


def test_it_holds_no_student_data(here, differing, at):
    items = [differing(), differing(exit_date=dt.date(2027, 2, 3)), differing()]
    submission(items[0].school_enrolment, "rejected", rejections=[{"code": "10016", "message": "Ines Varga"}])
    with at(days=4):
        found = digests()
    assert len(found) == 3
    for message in found.values():
        whole = f"{message.subject}\n{message.body}"
        for one in items:
            student = one.school_enrolment.student
            for text in (student.legal_last_name, student.asn, student.asn_shown, student.local_number, "2027-02-03"):
                assert text not in whole
            assert one.key not in whole
        assert here.school.name in whole
    stored = Mail.objects.first()
    assert stored.body == found[stored.address].body


def test_it_tells_new_settled_and_what_colleagues_look_after(here, differing, at):
    old, theirs, decided = differing(), differing(), differing()
    assigning.assign(of_user(here.registrar), theirs.pk, here.colleague.pk, holder_id=None)
    assigning.assign(of_user(here.registrar), old.pk, here.registrar.pk, holder_id=None)
    with at(days=2):
        digests()
    with at(days=2, hours=5):
        decisions.accept(of_user(here.colleague), decided.pk)
        differing()
    with at(days=3):
        body = digests()[to(here.registrar)].body
    assert "1 change from PASI has been waiting for more than two days." in body
    assert "Only PASI changed, still open, day 4, assigned to you" in body
    assert "New since the last e-mail: 1" in body
    assert "Assigned to colleagues: 1" in body
    assert "Settled since the last e-mail: 1" in body


def test_the_last_one_that_was_told_is_told_as_settled_and_then_it_is_quiet(here, differing, at):
    item = differing()
    with at(days=2):
        digests()
    decisions.accept(of_user(here.colleague), item.pk)
    Discrepancy.objects.filter(pk=item.pk).update(settled_at=item.opened_at + dt.timedelta(days=2, hours=5))
    with at(days=3):
        message = digests()[to(here.registrar)]
        assert message.subject == "PASI Connect: all waiting changes are settled"
        assert "Settled since the last e-mail: 1" in message.body
    with at(days=4):
        assert digests() == {}


def test_a_reset_that_pasi_has_refused_waits_for_a_person_one_on_its_way_does_not(here, differing, at):
    item = differing()
    decisions.reject(of_user(here.registrar), item.pk, reason="Ours is right.")
    with at(days=2):
        assert digests() == {}
    submissions.move(take_up(item.school_enrolment), "rejected", reason="10016")
    with at(days=3):
        assert to(here.registrar) in digests()


def test_in_the_persons_language(here, differing, at):
    differing()
    User.objects.filter(pk=here.registrar.pk).update(language="fr")
    with at(days=2):
        found = digests()
    mails = {row.user_id: row for row in Mail.objects.all()}
    assert (mails[here.registrar.pk].language, mails[here.colleague.pk].language) == ("fr", "en")
    assert "Only PASI changed" in found[to(here.colleague)].body
    assert "toujours ouvert" in found[to(here.registrar)].body


def test_many_of_a_kind_and_day_are_one_line_and_lines_have_an_end(here, differing, at):
    for _ in range(3):
        differing()
    for day in range(1, rules.LINES + 3):
        with at(days=-day):
            differing()
    with at(days=2):
        body = digests()[to(here.registrar)].body
    assert body.count("still open") == rules.LINES
    assert "And 5 more." in body  # two lines, one of them of three


def test_the_link_of_a_line_leads_to_what_it_counts(here, as_person, differing, at):
    items = [differing() for _ in range(4)]
    assigning.assign(of_user(here.registrar), items[1].pk, here.registrar.pk, holder_id=None)
    with at(days=1):
        later = differing()
    with at(days=2):
        body = digests()[to(here.registrar)].body
        link = next(line for line in body.splitlines() if "who=nobody" in line).strip()
        page = as_person(here.registrar).get(link.removeprefix("http://127.0.0.1:8000"))
        assert "3 × Only PASI changed" in body
        assert [row["item"].pk for row in page.context["rows"]] == [items[n].pk for n in (0, 2, 3)]
        assert later.pk not in [row["item"].pk for row in page.context["rows"]]
        first = QueryDict(page.context["rows"][0]["url"].partition("?")[2])
        assert first == QueryDict(link.partition("?")[2])


def test_while_away_the_digest_goes_to_the_stand_in(here, differing, at):
    item = differing()
    assigning.assign(of_user(here.registrar), item.pk, here.registrar.pk, holder_id=None)
    with at(days=2):
        assert set(digests()) == {to(here.registrar)}  # it is nobody else's work
        absences.plan(
            of_user(here.registrar), here.registrar, here.colleague.pk, clock.today(), DAY + dt.timedelta(days=3)
        )
    with at(days=3):
        found = digests()
        assert to(here.registrar) not in found
        assert "day 4, assigned to you" in found[to(here.colleague)].body
    with at(days=4):
        found = digests()
        assert set(found) == {to(here.registrar)}
        assert "day 5, assigned to you" in found[to(here.registrar)].body


def test_planning_that_is_killed_goes_on_and_nobody_gets_two(here, differing, at, monkeypatch):
    differing()
    plan = mailing.plan
    calls = []

    def dies(*args, **more):
        calls.append(args)
        if len(calls) == 2:
            raise SystemExit  # as a kill does: nothing of this transaction is kept
        return plan(*args, **more)

    monkeypatch.setattr(mailing, "plan", dies)
    with at(days=2):
        with pytest.raises(SystemExit):
            rounds.plan_digests()
        assert Mail.objects.count() == 1
        assert rounds.is_digest_due()
        rounds.plan_digests()
        assert sorted(Mail.objects.values_list("user__username", flat=True)) == sorted(
            user.username for user in (here.registrar, here.colleague, here.district)
        )
        assert rounds.plan_digests() == 0


def test_of_two_that_plan_the_same_day_the_marks_first_mover_wins(here, differing, at):
    differing()
    with at(days=2):
        day = DigestDay.objects.create(day=clock.today())
        assert rounds._digest_of(here.registrar, day, {}) is True
        assert rounds._digest_of(here.registrar, day, {}) is None
        assert Mail.objects.count() == 1
