"""1,000 changes from PASI decided in bulk, as its job, and taken back; beside it the same one by one.

The floor reads the rows of both sides and writes what an accepted bulk writes, with plain statements that ask nothing: one
UPDATE of each table that changes, one INSERT … SELECT of each that grows. It is rolled back, so that both find the same rows.
"""

from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext

from operations.actor import of_user
from operations.models import AuditEntry, Job
from operations.services import jobs
from pasi_connect import selectors
from pasi_connect.models import Action, ActionRecord, Decision, Discrepancy, EnrolmentCopy, Link
from pasi_connect.services import decisions
from pasi_connect.services.compare import comparing
from pasi_connect.services.decisions import bulk, taking_back
from sis.models import DataEvent, SchoolEnrolment
from tests import factories
from tests.benchmarks import queue
from tests.benchmarks.measuring import Figure, at_least, interleaved, seconds

ALONE = 50  # decided one by one, for the comparison


class Back(Exception):
    """Rolls the floor back."""


def table(model: type[models.Model]) -> str:
    return model._meta.db_table


def differ() -> None:
    """PASI now has another grade of every record, and has told us."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table(EnrolmentCopy)} c SET grade = CASE e.grade WHEN '05' THEN '06' ELSE '05' END, core_version = "
            f"c.core_version + 1, digest = md5(c.key::text || c.core_version) FROM {table(Link)} l "
            f"JOIN {table(SchoolEnrolment)} e ON e.id = l.subject_id WHERE l.key = c.key"
        )
    comparing.evaluate_all()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def floor(count: int) -> None:
    """What an accepted bulk reads and writes."""
    copies, links, stays, items = (table(each) for each in (EnrolmentCopy, Link, SchoolEnrolment, Discrepancy))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for name in (copies, links, stays, items):
                columns = "*" if name != copies else "key, core_version, digest, grade, start_date, exit_date"
                condition = " WHERE status = 'open'" if name == items else ""
                cursor.execute(f"SELECT {columns} FROM {name}{condition} FOR UPDATE")
                assert len(cursor.fetchall()) == count
            cursor.execute(
                f"UPDATE {stays} e SET grade = c.grade, revision = e.revision + 1 FROM {links} l JOIN {copies} c "
                "ON c.key = l.key WHERE l.subject_id = e.id"
            )
            cursor.execute(
                f"UPDATE {links} l SET agreed = jsonb_set(l.agreed, '{{grade}}', to_jsonb(c.grade)), agreed_digest = c.digest "
                f"FROM {copies} c WHERE c.key = l.key"
            )
            cursor.execute(
                f"UPDATE {items} SET status = 'settled', settled_at = now(), settled_by = 'accept' WHERE status = 'open'"
            )
            for _ in range(3):
                cursor.execute(
                    f"INSERT INTO {table(AuditEntry)} (at, actor_name, actor_ip, action, entity, subject_id, school_code, "
                    "changes, reason) SELECT now(), 'x', '', 'enrolment changed', 'school_enrolment', e.id::text, '', "
                    f"jsonb_build_object('grade', jsonb_build_array('', e.grade)), '' FROM {stays} e"
                )
            cursor.execute(
                f"INSERT INTO {table(DataEvent)} (at, entity, subject_id, student_id, school_code, fields, origin, "
                "actor_name, actor_local_id, actor_ip, collected_at) SELECT now(), 'school_enrolment', e.id, e.student_id, '', "
                f"'[\"grade\"]', 'pasi', 'x', 'x', '', now() FROM {stays} e"
            )
            cursor.execute(
                f"WITH made AS (INSERT INTO {table(Decision)} (discrepancy_id, at, actor_name, accepted, rejected, reason, picture, "
                "agreed_before, revision_after, created_record, undone_by) SELECT d.id, now(), 'x', '[\"grade\"]', '[]', '', "
                f"d.fields, l.agreed, 2, false, '' FROM {items} d JOIN {links} l ON l.key = d.key "
                "WHERE d.settled_by = 'accept' AND d.settled_at = now() RETURNING id, discrepancy_id) "
                f'INSERT INTO {table(ActionRecord)} (action_id, "order", entity, subject_id, key, school_code, before, '
                "after, revision_after, decision_id, chained) SELECT (SELECT max(id) FROM "
                f"{table(Action)}), 0, 'school_enrolment', d.subject_id, d.key, d.school_code, '{{}}', '{{}}', 2, m.id, false "
                f"FROM made m JOIN {items} d ON d.id = m.discrepancy_id"
            )
            assert cursor.rowcount == count
            raise Back
    except Back:
        pass


def run(quick: bool) -> list[Figure]:
    count = 200 if quick else 1_000
    queue.set_up(count)
    user = factories.UserFactory(role="District officer")
    actor = of_user(user)

    def started(decision: str = "accept") -> Job:
        items = selectors.discrepancies(user)
        _action, job, _found = bulk.start(actor, items, bulk.Choice(decision, "Measured"), {})
        if job.status == Job.Status.WAITING_APPROVAL:
            jobs.approve(actor, job.pk)
        return job

    def ended(job: Job) -> Job:
        jobs.run(job.pk)
        job.refresh_from_db()
        assert (job.status, job.done, job.failed) == ("completed", count, 0), (job.status, job.done, job.failed)
        return job

    differ()
    ended(started())  # warms up, and gives the floor an action
    waiting: list[Job] = []

    def prepare() -> None:
        if not Discrepancy.objects.filter(status="open").exists():
            differ()
        Job.objects.filter(status="queued").update(status="cancelled")
        waiting[:] = [started()]

    least, ours = interleaved(lambda: floor(count), lambda: ended(waiting[0]), before=prepare)
    assert not Discrepancy.objects.filter(status="open").exists()

    last = waiting[0]
    undo = taking_back.start(actor, last.inputs["action"], "Measured")
    back = seconds(lambda: ended(undo))
    assert Discrepancy.objects.filter(status="open", undecided=1).count() == count

    items = list(Discrepancy.objects.filter(status="open").order_by("pk").values_list("pk", flat=True)[:ALONE])
    with CaptureQueriesContext(connection) as seen:
        for pk in items[: ALONE // 2]:
            decisions.accept(actor, pk, reason="Measured")
    each = len(seen) / (ALONE // 2)
    alone = seconds(lambda: [decisions.accept(actor, pk, reason="Measured") for pk in items[ALONE // 2 :]])
    alone_all = alone / (ALONE - ALONE // 2) * count
    differ()
    job = started()
    with CaptureQueriesContext(connection) as seen:
        ended(job)
    together = len(seen) / count
    differ()
    kept = seconds(lambda: ended(started("reject")))
    return [
        Figure(f"bulk: {count:,} accepted, the job", ours, "s", least, ours / least),
        at_least(f"bulk: {count:,} accepted, against one by one", ours, alone_all, "s", 5, "one by one"),
        at_least("bulk: statements a record", together, each, "", 10, "one by one"),
        Figure(f"bulk: {count:,} taken back, the job", back, "s", least, back / least),
        Figure(f"bulk: {count:,} kept, the job", kept, "s", least, kept / least),
    ]
