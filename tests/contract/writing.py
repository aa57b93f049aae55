"""One good request for every writing address of the API, each with what must be there for it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from operations.actor import Actor, of_user
from operations.models import User
from pasi_connect.services import decisions
from pasi_connect.services.pull import reference
from pasi_connect.services.queue import submissions
from reconciliation.services import runs
from sis.rules.school_year import SchoolYear
from tests import factories
from tests.pasi_connect.world import TODAY, YEAR, World
from tests.reconciliation.conftest import sample

LAST_DAY = TODAY - dt.timedelta(days=3)
LEFT = {"exit_date": LAST_DAY, "exit_date_type": "WithdrawalDate"}
NEW_STAY = {
    "school": "4801", "school_year": str(YEAR), "start_date": "2026-11-23", "exit_date": "2027-06-25", "grade": "08",
}  # fmt: skip


@dataclass
class Write:
    """`path` below /api/v1/; `answer` is the status of the real call."""

    path: str
    body: dict[str, Any] = field(default_factory=dict)
    method: str = "post"
    answer: int = 200
    files: Callable[[], dict[str, Any]] | None = None  # then it is multipart/form-data
    lines: str = ""  # then it is NDJSON, and only the address can say `dry_run`


class District:
    """The world with a district officer who may do everything that the API offers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.user: User = factories.UserFactory(username="officer", role="District officer")
        self.actor: Actor = of_user(self.user)

    def stay(self, **given: Any) -> int:
        return self.world.in_step(**given).pk

    def both(self) -> tuple[int, int]:
        """A main enrolment, and a concurrent one at the other school."""
        main = self.world.in_step()
        side = self.world.in_step(self.world.other, student=main.student, concurrent=True)
        return main.pk, side.pk

    def item(self) -> int:
        enrolment = self.world.in_step()
        self.world.change_in_pasi(enrolment, Grade="10")
        self.world.pull()
        item = self.world.item(enrolment)
        assert item is not None
        return item.pk

    def moved(self) -> int:
        """An item whose record PASI has made another student's."""
        enrolment, other = self.world.in_step(), self.world.in_step()
        self.world.change_in_pasi(enrolment, StateProvinceId=other.student.asn)
        self.world.pull()
        item = self.world.item(enrolment)
        assert item is not None
        return item.pk

    def reset(self) -> int:
        """An item whose reset has arrived in PASI."""
        pk = self.item()
        decision = decisions.reject(self.actor, pk, reason="Ours.")
        enrolment = decision.discrepancy.school_enrolment
        assert enrolment is not None
        self.world.send(self.world.take_up(enrolment))
        self.world.pull()
        return pk

    def accepted(self) -> tuple[int, int]:
        """The item that was decided, and the entry of the decision."""
        item = self.item()
        decision = decisions.accept(self.actor, item)
        return item, decision.action_records.get().action_id

    def older(self) -> tuple[int, int]:
        """An enrolment of a year that is not synchronized, which PASI has otherwise, and PASI's version of it."""
        assert reference.refresh()
        days = {"start_date": dt.date(2021, 9, 1), "exit_date": dt.date(2022, 6, 27)}
        enrolment = self.world.here(year=SchoolYear(2022), **days)
        link = submissions.link_of(enrolment)
        self.world.pasi.load(StudentSchoolEnrolment=[{**self.world.document(enrolment, link.key), "Grade": "07"}])
        return enrolment.pk, self.world.theirs(enrolment)["PASICoreVersion"]

    def rejected(self) -> int:
        submission = self.world.queue(self.world.in_step(), grade="09")
        type(submission).objects.filter(pk=submission.pk).update(status="rejected", reason="10016")
        return submission.pk

    def waiting(self) -> int:
        return self.world.queue(self.world.in_step(), grade="09").pk

    def edited(self) -> int:
        """An enrolment with a change that nobody has taken up."""
        enrolment = self.world.in_step()
        self.world.edit(enrolment, grade="09")
        return enrolment.pk

    def new_section(self) -> dict[str, Any]:
        school = self.world.school
        term = factories.TermFactory(calendar=factories.CalendarFactory(school=school, school_year=YEAR))
        codes = [factories.CourseFactory().code]
        return {
            "school": school.code, "school_year": str(YEAR), "term": term.name, "course_codes": codes, "number": "7",
        }  # fmt: skip

    def section(self) -> int:
        calendar = factories.CalendarFactory(school=self.world.school, school_year=YEAR)
        term = factories.TermFactory(calendar=calendar)
        return factories.SectionFactory(school=self.world.school, school_year=YEAR, term=term).pk

    def job(self, status: str) -> int:
        return factories.job(self.user, status).pk

    def asn_of_one_who_left(self) -> str:
        return self.world.in_step(**LEFT).student.asn or ""

    def reconciliation(self) -> int:
        return runs.make(self.actor, runs.Choices(type="CM"), sample()).pk

    def set_aside(self) -> int:
        enrolment = self.world.in_step()
        return factories.failure(factories.link_of(enrolment).key, enrolment.school.code).pk

    def ended(self) -> int:
        """A stay that was left, with a course that goes on."""
        stay = self.world.in_step(**LEFT)
        factories.CourseEnrolmentFactory(enrolment=stay)
        return stay.pk


def _guided(name: str, make: Callable[[District], int], **body: Any) -> Callable[[District], Write]:
    return lambda d: Write(f"enrolments/{make(d)}/{name}/", {"reason": "As told.", **body})


def _historical(d: District) -> Write:
    enrolment, version = d.older()
    return Write(f"enrolments/{enrolment}/historical/", {"version": version})


def _transfer(d: District) -> Write:
    main, side = d.both()
    body = {"transfer_date": LAST_DAY.isoformat(), "concurrent_enrolment": side, "reason": "Moved"}
    return Write(f"enrolments/{main}/transfer-out/", body)


def _run_of_a_year_end(d: District) -> Write:
    d.both()
    return Write("year-end/runs/", {"rehearsal": factories.rehearsal(d.actor, YEAR).pk}, answer=202)


# By method and address as the description has them.
REQUESTS: dict[tuple[str, str], Callable[[District], Write]] = {
    ("post", "decisions/{id}/undo/"): lambda d: Write(f"decisions/{d.accepted()[1]}/undo/", {"reason": "As told."}),
    ("post", "discrepancies/{id}/accept/"): lambda d: Write(f"discrepancies/{d.item()}/accept/"),
    ("post", "discrepancies/{id}/reject/"): lambda d: Write(f"discrepancies/{d.item()}/reject/", {"reason": "Ours."}),
    ("post", "discrepancies/{id}/link-anew/"): lambda d: Write(f"discrepancies/{d.moved()}/link-anew/"),
    ("post", "discrepancies/{id}/take-former/"): lambda d: Write(f"discrepancies/{d.reset()}/take-former/"),
    ("post", "discrepancies/{id}/undo/"): lambda d: Write(f"discrepancies/{d.accepted()[0]}/undo/"),
    ("post", "discrepancies/decide/"): lambda d: Write(
        "discrepancies/decide/", {"filter": {"status": "open"}, "decision": "accept"}, answer=202
    ),
    ("post", "enrolments/"): lambda d: Write("enrolments/", {"asn": d.asn_of_one_who_left(), **NEW_STAY}, answer=201),
    ("patch", "enrolments/{id}/"): lambda d: Write(f"enrolments/{d.stay()}/", {"grade": "10"}, "patch"),
    ("post", "enrolments/{id}/close-concurrent/"): _guided(
        "close-concurrent", lambda d: d.both()[1], exit_date=LAST_DAY.isoformat()
    ),
    ("post", "enrolments/{id}/correct-last-day/"): _guided(
        "correct-last-day", lambda d: d.stay(**LEFT), last_day_attended=(LAST_DAY - dt.timedelta(days=2)).isoformat()
    ),
    ("post", "enrolments/{id}/end-courses/"): _guided("end-courses", District.ended),
    ("post", "enrolments/{id}/entered-in-error/"): _guided("entered-in-error", District.stay),
    ("post", "enrolments/{id}/historical/"): _historical,
    ("post", "enrolments/{id}/never-attended/"): _guided("never-attended", District.stay),
    ("post", "enrolments/{id}/send/"): lambda d: Write(f"enrolments/{d.edited()}/send/"),
    ("post", "enrolments/{id}/transfer-out/"): _transfer,
    ("post", "enrolments/{id}/undelete/"): _guided("undelete", lambda d: d.world.here(deleted=True).pk),
    ("post", "enrolments/{id}/withdraw/"): lambda d: Write(
        f"enrolments/{d.stay()}/withdraw/", {"last_day_attended": LAST_DAY.isoformat(), "reason": "Moved"}
    ),
    ("post", "enrolments/{id}/withdrawal-was-a-mistake/"): _guided(
        "withdrawal-was-a-mistake", lambda d: d.stay(**LEFT)
    ),
    ("post", "enrolments/exit-codes/"): lambda d: Write(
        "enrolments/exit-codes/", {"ids": [d.stay()], "exit_code": "A7", "reason": "As told."}
    ),
    ("post", "failures/{id}/try-again/"): lambda d: Write(f"failures/{d.set_aside()}/try-again/"),
    ("post", "jobs/{id}/approve/"): lambda d: Write(f"jobs/{d.job('waiting_approval')}/approve/"),
    ("post", "jobs/{id}/cancel/"): lambda d: Write(f"jobs/{d.job('queued')}/cancel/"),
    ("post", "jobs/{id}/resume/"): lambda d: Write(f"jobs/{d.job('cancelled')}/resume/"),
    ("post", "reconciliations/"): lambda d: Write("reconciliations/", {"type": "CM"}, answer=202, files=sample),
    ("delete", "reconciliations/{id}/"): lambda d: Write(
        f"reconciliations/{d.reconciliation()}/", method="delete", answer=204
    ),
    ("post", "schools/{code}/send/"): lambda d: Write(f"schools/{d.world.school.code}/send/", answer=202),
    ("post", "students/{asn}/enrolments/"): lambda d: Write(
        f"students/{d.asn_of_one_who_left()}/enrolments/", NEW_STAY, answer=201
    ),
    ("put", "bulk/{resource}/"): lambda d: Write(
        "bulk/courses/", method="put", lines='{"external_id": "co-9", "code": "LAN9999", "name": "Lantern Studies"}\n'
    ),
    ("post", "sections/"): lambda d: Write("sections/", d.new_section(), answer=201),
    ("patch", "sections/{id}/"): lambda d: Write(f"sections/{d.section()}/", {"teacher": "A. Varga"}, "patch"),
    ("delete", "sections/{id}/"): lambda d: Write(f"sections/{d.section()}/", method="delete"),
    ("patch", "students/{id}/"): lambda d: Write(
        f"students/{d.world.in_step().student_id}/", {"legal_suffix": "Jr."}, "patch"
    ),
    ("post", "submissions/{id}/cancel/"): lambda d: Write(f"submissions/{d.waiting()}/cancel/"),
    ("post", "submissions/{id}/send-again/"): lambda d: Write(f"submissions/{d.rejected()}/send-again/"),
    ("post", "year-end/rehearsals/"): lambda d: Write(
        "year-end/rehearsals/", {"school_year": str(YEAR), "early": True}, answer=202
    ),
    ("post", "year-end/runs/"): _run_of_a_year_end,
}
