"""Staff at work in any order: guided actions, decisions alone and in bulk, undo, beside PASIprep and senders that die.

Like `test_machine`, whose steps it takes over; once quiet both sides are equal or a person is asked, every decision is kept, and
nothing that came from PASI was sent back there.
"""

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import HealthCheck
from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from pasi_connect.models import Action, Discrepancy
from pasi_connect.services import decisions
from pasi_connect.services.decisions import taking_back
from pasi_connect.services.queue import claiming, submissions
from registrar.services.actions import enrolling, plans, schedule, transferring, withdrawing
from sis.models import SchoolEnrolment
from tests.faults.test_machine import FULL, Synchronizing, settings_of_test  # noqa: F401
from tests.pasi_connect.conftest import pasi, simulator  # noqa: F401
from tests.registrar.services.actions.acting import fresh

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(1800)]

START = dt.date(2026, 9, 1)
WHICH = st.integers(0, 9)
PAST = st.dates(dt.date(2026, 9, 7), dt.date(2026, 11, 20))
FIRST = st.dates(dt.date(2026, 9, 7), dt.date(2027, 2, 1))
SIMPLE = st.sampled_from(["never_attended", "entered_in_error", "undelete", "withdrawal_was_a_mistake"])


class Staff(Synchronizing):
    """Two students with a main and a concurrent enrolment, and one with a main enrolment alone."""

    @initialize()
    def begin(self) -> None:
        super().begin()
        world = self.world
        for main in self.records[:2]:
            world.in_step(world.other, student=main.student, start_date=START, concurrent=True)

    def one(self, which: int) -> SchoolEnrolment:
        found = list(SchoolEnrolment.objects.order_by("id").values_list("pk", flat=True))
        return SchoolEnrolment.objects.select_related("student", "school").get(pk=found[which % len(found)])

    def act(self, enrolment: SchoolEnrolment, planner: Callable[[SchoolEnrolment], plans.Plan]) -> None:
        """As a page does it: the preview, then what was seen. What does not fit the state is refused in words."""
        draw = lambda: planner(fresh(enrolment))  # noqa: E731
        try:
            seen = plans.preview(self.world.actor, draw).version
            plans.do(self.world.actor, enrolment.student_id, draw, seen)
        except (plans.Refused, ValidationError):
            pass  # it does not fit the state

    @rule(which=WHICH, day=PAST)
    def withdraw(self, which: int, day: dt.date) -> None:
        self.act(self.one(which), lambda one: withdrawing.withdraw(one, last_day_attended=day, reason="Moved"))

    @rule(which=WHICH, day=PAST)
    def correct_the_last_day(self, which: int, day: dt.date) -> None:
        self.act(
            self.one(which), lambda one: withdrawing.correct_last_day(one, last_day_attended=day, reason="Register")
        )

    @rule(which=WHICH, name=SIMPLE)
    def say_it_was_otherwise(self, which: int, name: str) -> None:
        self.act(self.one(which), lambda one: getattr(withdrawing, name)(one, reason="As told"))

    @rule(which=WHICH, first=FIRST)
    def come_back(self, which: int, first: dt.date) -> None:
        given = {"start_date": first, "exit_date": dt.date(2027, 6, 25), "grade": "09"}
        self.act(self.one(which), lambda one: enrolling.enrol(one.student, one.school, one.school_year, given))

    @rule(which=WHICH, day=PAST)
    def transfer_out(self, which: int, day: dt.date) -> None:
        def planner(one: SchoolEnrolment) -> plans.Plan:
            other = SchoolEnrolment.objects.select_related("student", "school").filter(
                student=one.student, concurrent=True
            )
            return transferring.transfer_out(one, transfer_date=day, concurrent=other.last(), reason="Moved")

        self.act(self.one(which), planner)

    @rule(which=WHICH)
    def close_the_concurrent_one(self, which: int) -> None:
        self.act(
            self.one(which),
            lambda one: enrolling.close_concurrent(one, exit_date=dt.date(2026, 12, 18), reason="The course is done"),
        )

    @precondition(lambda self: Action.objects.exists())
    @rule(back=st.integers(0, 3))
    def take_an_action_back(self, back: int) -> None:
        found = list(Action.objects.order_by("-id")[: back + 1])
        try:
            taking_back.undo(self.world.actor, found[-1].pk, "Was wrong")
        except (taking_back.NotPossible, PermissionDenied, ValidationError):
            pass  # too late, or done at a school of others

    @precondition(lambda self: Discrepancy.objects.filter(status="open").count() > 1)
    @rule(accept=st.booleans())
    def decide_them_all(self, accept: bool) -> None:
        for pk in Discrepancy.objects.filter(status="open").order_by("id").values_list("pk", flat=True):
            try:
                decisions.decide(
                    self.world.actor,
                    pk,
                    accepted=None if accept else (),
                    rejected=() if accept else None,
                    reason="All of them",
                    all_accepted=accept,
                    all_rejected=not accept,
                )
            except (decisions.Moved, ValidationError):
                pass  # settled by the one before, or under way

    @rule()
    def a_sender_dies(self) -> None:
        """It has taken a submission, and nobody knows whether PASI has."""
        self._revive()
        claiming.claim()

    @rule()
    def let_go_what_was_held(self) -> None:
        submissions.release_held()
        schedule.carry_out_due()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            for _round in range(5):
                self.collect()
                submissions.release_held()
        super().teardown()


def test_staff_at_work_in_any_order(db, pasi, settings_of_test) -> None:  # noqa: F811
    machine = type("Machine", (Staff,), {"pasi": pasi})
    run_state_machine_as_test(
        machine,
        settings=limits(
            max_examples=150 if FULL else 15,
            stateful_step_count=40 if FULL else 25,
            deadline=None,
            derandomize=limits.default.derandomize and not FULL,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
