"""Bulk decisions of the tests: what waits to be decided, and the job run to its end."""

from operations.services import jobs
from pasi_connect import selectors
from pasi_connect.services.decisions import bulk
from sis.services import enrolments
from tests import factories

ACCEPT = bulk.Choice("accept")
REJECT = bulk.Choice("reject", "A slip in PASIprep")


def changed(school, number, **theirs):
    made = []
    for _ in range(number):
        enrolment = factories.EnrolmentFactory(school=school)
        factories.link_and_copy(enrolment)
        made.append(factories.changed_in_pasi(enrolment, **(theirs or {"grade": "09"})))
    return made


def conflict(school, actor):
    enrolment = factories.EnrolmentFactory(school=school)
    factories.link_and_copy(enrolment)
    enrolments.change(actor, enrolment.pk, {"grade": "10"})
    return factories.changed_in_pasi(enrolment, grade="09")


def started(actor, user, choice, **which):
    action, job, _found = bulk.start(actor, selectors.discrepancies(user).filter(**which), choice, {})
    return action, job


def ended(job):
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def codes(job):
    return dict(job.rows.values_list("subject_id", "code"))
