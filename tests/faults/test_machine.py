"""Any order of steps of registrars, senders, PASI and the network, against the services; at the end the invariants.

In this process, on the test database, with the real simulator: hypothesis finds the shortest sequence that breaks a rule.
"""

import datetime as dt
import os

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck
from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Decision, Discrepancy, Submission
from pasi_connect.models.submission import STUCK
from pasi_connect.services import decisions
from pasi_connect.services.queue import claiming, collecting, reviews, sending
from sis.services import events
from tests.faults import invariants
from tests.pasi_connect.conftest import pasi, simulator  # noqa: F401
from tests.pasi_connect.world import TODAY, World

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(1800)]

FULL = bool(os.environ.get("FULL_MATRIX"))
RECORDS = st.integers(0, 2)
DATES = st.dates(dt.date(2027, 1, 4), dt.date(2027, 6, 25))
GRADES = st.sampled_from([f"{grade:02d}" for grade in range(1, 10)])


class Synchronizing(RuleBasedStateMachine):
    pasi = None

    @initialize()
    def begin(self) -> None:
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.pasi.clear(TODAY)
        World.hang_up()
        self.world = World(self.pasi)
        self.records = self.world.all_in_step(3)

    # People

    @rule(record=RECORDS, date=DATES)
    def change_the_exit_date(self, record: int, date: dt.date) -> None:
        self.world.edit(
            self.records[record], seen_version=self.world.copy(self.records[record]).core_version, exit_date=date
        )

    @rule(record=RECORDS, grade=GRADES)
    def change_the_grade(self, record: int, grade: str) -> None:
        self.world.edit(
            self.records[record], seen_version=self.world.copy(self.records[record]).core_version, grade=grade
        )

    @precondition(lambda self: Discrepancy.objects.filter(status="open").exists())
    @rule(data=st.data(), accept=st.booleans())
    def decide(self, data: st.DataObject, accept: bool) -> None:
        item = data.draw(st.sampled_from(list(Discrepancy.objects.filter(status="open").order_by("id"))), "item")
        try:
            if accept:
                decisions.accept(self.world.actor, item.pk)
            else:
                decisions.reject(self.world.actor, item.pk, reason="Ours is right")
        except (decisions.Moved, ValidationError):
            pass  # settled meanwhile, or nothing undecided is left: refused with words

    @precondition(lambda self: Decision.objects.exists())
    @rule()
    def undo_the_last_decision(self) -> None:
        try:
            decisions.undo(self.world.actor, Decision.objects.latest("id").pk)
        except ValidationError:
            pass  # too late, said in words

    @precondition(lambda self: Submission.objects.filter(status__in=STUCK).exists())
    @rule(verb=st.sampled_from(["send_again", "cancel", "take_pasi"]))
    def end_what_is_stuck(self, verb: str) -> None:
        getattr(reviews, verb)(self.world.actor, Submission.objects.filter(status__in=STUCK).earliest("id").pk)

    # PASI and the network

    @rule(record=RECORDS, grade=GRADES)
    def somebody_changes_pasi(self, record: int, grade: str) -> None:
        self.world.change_in_pasi(self.records[record], Grade=grade)

    @rule(record=RECORDS, deleted=st.booleans())
    def somebody_deletes_or_restores_in_pasi(self, record: int, deleted: bool) -> None:
        self.world.change_in_pasi(self.records[record], IsDeleted=deleted)

    @rule(knob=st.sampled_from(["answer_dropped", "truncated", "html"]))
    def the_next_call_goes_wrong(self, knob: str) -> None:
        self.pasi.knobs(**{knob: 1})

    @rule(code=st.sampled_from(["3001", "4001", "4002", "9001", "9014"]))
    def the_next_submit_meets_a_fault(self, code: str) -> None:
        self.pasi.knobs(fault={"code": code, "operation": "SubmitStudentSchoolEnrolment", "times": 1})

    # The product's own steps

    @rule()
    def collect(self) -> None:
        for subject in set(events.uncollected().values_list("subject_id", flat=True)):
            collecting.collect(ENTITY.kind, subject)

    @rule()
    def send_one(self) -> None:
        self._revive()
        first = sending.due().first()
        if first:
            sending.attempt(first.pk)

    @rule()
    def pull(self) -> None:
        self._revive()
        self.world.puller.ask(0)

    def _revive(self) -> None:
        """The probe: a link that a broken answer took down is up again."""
        from pasi_connect.models import LinkState

        LinkState.objects.filter(pk=1).update(state=LinkState.State.UP)
        with override_settings(LEASE_SECONDS=0):
            claiming.free_the_dead()
        for pk in sending.orphans().values_list("pk", flat=True):
            sending.attempt(pk)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.pasi.knobs(answer_dropped=0, truncated=0, html=0, fault=None)
            for _ in range(30):
                self.collect()
                self._revive()
                ready = list(sending.due())
                for submission in ready:
                    sending.attempt(submission.pk)
                self.world.puller.ask(0)
                moving = Submission.objects.filter(status__in=["waiting", "in_flight", "checking"]).exists()
                if not moving and not events.uncollected().exists():
                    break
            self.world.pull()
            # Making the records in step goes past the services that leave audit and events; everything after does not.
            assert invariants.broken(f"http://127.0.0.1:{self.pasi.control_port}/control") == []
        finally:
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)


def test_any_order_of_steps(db, pasi, settings_of_test) -> None:  # noqa: F811
    machine = type("Machine", (Synchronizing,), {"pasi": pasi})
    run_state_machine_as_test(
        machine,
        settings=limits(
            max_examples=200 if FULL else 25,
            stateful_step_count=40 if FULL else 25,
            deadline=None,
            derandomize=limits.default.derandomize and not FULL,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


@pytest.fixture
def settings_of_test(settings):
    settings.BACK_OFF_SECONDS = settings.BACK_OFF_MAX_SECONDS = 0.0
    return settings
