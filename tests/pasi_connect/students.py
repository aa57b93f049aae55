"""A student whom both sides hold alike, and the steps of one."""

from pasi_connect.models import Discrepancy, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services.queue import collecting
from tests import factories
from tests.pasi_connect.world import pasi_student
from tests.simulator_process import new_asn

KIND = "student"
PASSPORT = "CanadianPassport"


def document(student, **identity):
    record = {
        "FirstName": student.legal_first_name,
        "LastName": student.legal_last_name,
        "BirthDate": student.birth_date.isoformat(),
        "IsNameExact": True,
        "DocumentType": student.identity_document_type,
        **identity,
    }
    return {**pasi_student(student.asn), "IdentificationRecord": record}


def in_step(world):
    """Both sides hold the same of this student, who has a live stay at the school."""
    world.set(student_identity=True)
    student = factories.StudentFactory(asn=new_asn(), identity_document_type=PASSPORT)
    world.pasi.load(Student=[document(student)])
    world.in_step(student=student)
    return student


def take_up(student):
    collecting.collect(KIND, student.pk)
    return list(Submission.objects.filter(entity=KIND, subject_id=student.pk).order_by("pk"))


def sent(world, student):
    """Takes up what changed, and sends every part of it."""
    made = [row for row in take_up(student) if row.status in (Status.WAITING, Status.HELD)]
    return [world.send(row) for row in made]


def theirs(world, student):
    return world.pasi.get(f"/control/records/Student/{student.asn}/")


def changed_there(world, student, **identity):
    record = {**theirs(world, student)["IdentificationRecord"], **identity}
    world.pasi.change_other("Student", student.asn, IdentificationRecord=record)
    world.pull()


def item(student):
    return Discrepancy.objects.filter(entity=KIND, key=student.asn, status="open").first()
