"""Guided actions: one call each, with a preview (`dry_run`), done and undone as a whole."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.actor import Actor, of_request, user_of
from operations.api.pagination import KeysetPagination
from operations.api.permissions import MayDo
from operations.api.problems import Conflict, if_match
from operations.api.resource import Resource
from operations.api.schema import IF_MATCH, problems
from operations.serializers import Strict
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Action
from pasi_connect.selectors import Sight
from pasi_connect.serializers.enrolments import EnrolmentFields, EnrolmentSerializer
from pasi_connect.services.queue import version_check
from pasi_connect.services.states import state_of
from registrar.rules.guided import OUT_REASONS
from registrar.services.actions import enrolling, plans, transferring, withdrawing
from registrar.services.actions.previews import answer
from sis import selectors
from sis.models import SchoolEnrolment, Student
from sis.models.organization import four_digits
from sis.rules import asn as asn_rules
from sis.serializers import SchoolYearText
from sis.services import enrolments

LIST = ", ".join(OUT_REASONS)
MAY_ACT = ("act", "school_enrolment")


class Guided(Strict):
    """What every guided action takes."""

    reason = serializers.CharField(max_length=2000, help_text="Reason; saved here with the action, never sent.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    version = serializers.CharField(
        required=False, max_length=40, help_text="The `version` of the preview that you saw."
    )


class Withdrawal(Guided):
    last_day_attended = serializers.DateField()
    reason = serializers.CharField(max_length=2000, help_text=f"One of: {LIST}. Never sent to PASI.")


class LastDay(Guided):
    last_day_attended = serializers.DateField()


class Transfer(Guided):
    transfer_date = serializers.DateField(
        help_text="The last day at the old school; a later day is planned for that day."
    )
    concurrent_enrolment = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    start_date = serializers.DateField(required=False, allow_null=True, help_text="Absent: the next school day.")
    reason = serializers.CharField(max_length=2000, help_text=f"One of: {LIST}. Never sent to PASI.")


class Closing(Guided):
    exit_date = serializers.DateField()


class GuidedAnswer(serializers.Serializer):
    """`id` is the entry under /decisions/; `status` is planned where the day is still to come."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Action.Status.choices)
    due_on = serializers.DateField(allow_null=True)
    enrolment = EnrolmentSerializer()


def _schema(summary: str, body: type[Guided], description: str = "") -> Any:
    return extend_schema(
        tags=["Guided actions"],
        summary=summary,
        description=f"{description} With `dry_run` the answer is the preview (200): records, submissions, what PASI will say.".strip(),
        request=body,
        parameters=[IF_MATCH],
        responses={200: GuidedAnswer, **problems(400, 401, 403, 404, 409, 422, current=EnrolmentSerializer)},
    )


def _answer_of(enrolment: SchoolEnrolment) -> dict[str, Any]:
    return dict(EnrolmentSerializer(enrolment, context={"states": {enrolment.pk: state_of(enrolment)}}).data)


def _fresh(pk: int) -> SchoolEnrolment:
    return SchoolEnrolment.objects.select_related("student", "school").get(pk=pk)


def _run(
    actor: Actor,
    sight: Sight,
    student: Student,
    planner: plans.Planner,
    target: SchoolEnrolment | None,
    *,
    version: str | None,
    dry_run: bool,
) -> Action | Response:
    """The action, or the answer to a dry run. Refusals become problems."""
    current = {"current": _answer_of(target)} if target else {}
    try:
        if dry_run:
            return Response(answer(plans.preview(actor, planner), sight))
        return plans.do(actor, student.pk, planner, version)
    except plans.PlannedAlready as error:
        raise Conflict(error.text(sight), {"planned": error.facts(sight), **current}, kind="planned_already") from None
    except plans.Refused as error:
        raise Conflict(str(error), current, kind="not_possible") from None
    except plans.Moved as moved:
        raise Conflict(str(moved), {"preview": answer(moved.preview, sight), **current}) from None
    except enrolments.StaleRecord:
        raise Conflict(_("The enrolment has changed since you read it."), current) from None


SHAPES: dict[str, type[Guided]] = {
    "withdraw": Withdrawal,
    "correct_last_day": LastDay,
    "never_attended": Guided,
    "entered_in_error": Guided,
    "undelete": Guided,
    "withdrawal_was_a_mistake": Guided,
    "end_courses": Guided,
    "close_concurrent": Closing,
    "transfer_out": Transfer,
}


class GuidedActions(Resource):
    """The guided actions on one enrolment, for its viewset."""

    guided = dict.fromkeys(SHAPES, MAY_ACT)
    bodies: ClassVar[Mapping[str, type[serializers.Serializer]]] = SHAPES
    previews = frozenset(SHAPES)

    def _guided(self, request: Request, planner: Callable[[SchoolEnrolment, dict[str, Any]], plans.Plan]) -> Response:
        enrolment: SchoolEnrolment = self.get_object()
        words = self.read_body()
        version = words.pop("version", None)
        self._must_be_seen(request, enrolment)
        done = _run(
            of_request(request),
            Sight(user_of(request)),
            enrolment.student,
            lambda: planner(_fresh(enrolment.pk), words),
            enrolment,
            version=version,
            dry_run=self.dry_run,
        )
        if isinstance(done, Response):
            return done
        item = _answer_of(_fresh(enrolment.pk))
        body = {"id": done.pk, "status": done.status, "due_on": done.due_on, "enrolment": item}
        return Response(body, headers={"ETag": f'"{item["version"]}"'})

    @staticmethod
    def _must_be_seen(request: Request, enrolment: SchoolEnrolment) -> None:
        version = if_match(request)
        if version is None:
            return
        state = state_of(enrolment)
        if (
            version_check.core_version_of(ENTITY.kind, version, enrolment.revision, state.seen_version, state.key)
            is None
        ):
            raise Conflict(_("The enrolment has changed since you read it."), {"current": _answer_of(enrolment)})

    @_schema("Withdraw", Withdrawal, "The student attended at least one day and has left.")
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        return self._guided(request, lambda one, words: withdrawing.withdraw(one, **words))

    @_schema("Correct the last day attended", LastDay)
    @action(detail=True, methods=["post"], url_path="correct-last-day")
    def correct_last_day(self, request: Request, pk: str) -> Response:
        return self._guided(request, lambda one, words: withdrawing.correct_last_day(one, **words))

    @_schema("Never attended", Guided, "The student never came: deleted here and in PASI.")
    @action(detail=True, methods=["post"], url_path="never-attended")
    def never_attended(self, request: Request, pk: str) -> Response:
        return self._guided(request, lambda one, words: withdrawing.never_attended(one, **words))

    @_schema("Entered in error", Guided, "Wrong student, wrong school or duplicate: deleted here and in PASI.")
    @action(detail=True, methods=["post"], url_path="entered-in-error")
    def entered_in_error(self, request: Request, pk: str) -> Response:
        return self._guided(request, lambda one, words: withdrawing.entered_in_error(one, **words))

    @_schema("Undelete", Guided)
    @action(detail=True, methods=["post"])
    def undelete(self, request: Request, pk: str) -> Response:
        return self._guided(request, lambda one, words: withdrawing.undelete(one, **words))

    @_schema("The withdrawal was a mistake", Guided, "The student never left: the same enrolment continues.")
    @action(detail=True, methods=["post"], url_path="withdrawal-was-a-mistake")
    def withdrawal_was_a_mistake(self, request: Request, pk: str) -> Response:
        return self._guided(request, lambda one, words: withdrawing.withdrawal_was_a_mistake(one, **words))

    @_schema("End the course enrolments", Guided, "After a withdrawal was accepted from PASI. Nothing is sent.")
    @action(detail=True, methods=["post"], url_path="end-courses")
    def end_courses(self, request: Request, pk: str) -> Response:
        return self._guided(request, lambda one, words: withdrawing.end_courses(one, **words))

    @_schema("Close a concurrent enrolment", Closing)
    @action(detail=True, methods=["post"], url_path="close-concurrent")
    def close_concurrent(self, request: Request, pk: str) -> Response:
        return self._guided(request, lambda one, words: enrolling.close_concurrent(one, **words))

    @_schema("Transfer out", Transfer, "The student stays at the concurrent school, which becomes the main one.")
    @action(detail=True, methods=["post"], url_path="transfer-out")
    def transfer_out(self, request: Request, pk: str) -> Response:
        def planner(one: SchoolEnrolment, words: dict[str, Any]) -> plans.Plan:
            rest = {name: value for name, value in words.items() if name != "concurrent_enrolment"}
            # The concurrent enrolment is the same student's, perhaps at another school of the authority: the one exception.
            other = SchoolEnrolment.objects.select_related("student", "school").filter(
                pk=words["concurrent_enrolment"], student=one.student
            )
            return transferring.transfer_out(one, concurrent=other.first(), **rest)

        return self._guided(request, planner)


class StudentEnrolmentFields(EnrolmentFields):
    """A new stay: where and when, the fields of an enrolment, and why."""

    elsewhere: ClassVar[Mapping[str, Any]] = {}

    school = serializers.CharField(validators=[four_digits])
    school_year = SchoolYearText()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    version = serializers.CharField(required=False, max_length=40)

    class Meta(EnrolmentFields.Meta):
        fields = (
            *(name for name in EnrolmentFields.Meta.fields if name != "deleted"),
            "school", "school_year", "reason", "note", "version",
        )  # fmt: skip
        extra_kwargs = {
            "grade": {"required": True, "allow_blank": False},
            "programming_type": {"required": False},
            "programming_timeframe": {"required": False},
        }


class NewStayAnswer(serializers.Serializer):
    id = serializers.IntegerField(help_text="The entry under /decisions/.")
    enrolment = EnrolmentSerializer()


@rights.needs("view", "school_enrolment")
class StudentEnrolments(Resource, viewsets.GenericViewSet[SchoolEnrolment]):
    """A student's enrolments at your schools; a new stay, which is also how a student comes back."""

    queryset = SchoolEnrolment.objects.none()
    serializer_class = EnrolmentSerializer
    permission_classes = [MayDo]
    needs = {"create": MAY_ACT}
    bodies = {"create": StudentEnrolmentFields}
    previews = frozenset({"create"})
    queries = {"list": KeysetPagination.parameters}
    filter_backends: list[Any] = []

    def _student(self, asn: str) -> Student:
        student = selectors.students(user_of(self.request)).filter(asn=asn_rules.normalize(asn)).first()
        if student is None:
            raise exceptions.NotFound(_("No such record in your schools."))
        return student

    def check_object(self) -> None:
        self._student(self.kwargs["asn"])

    @extend_schema(
        tags=["Guided actions"],
        summary="A student's enrolments",
        responses={200: EnrolmentSerializer(many=True), **problems(401, 403, 404)},
    )
    def list(self, request: Request, asn: str) -> Response:
        stays = selectors.enrolments(user_of(request)).filter(student=self._student(asn))
        return self.get_paginated_response(EnrolmentSerializer(self.paginate_queryset(stays), many=True).data)

    @extend_schema(
        tags=["Guided actions"],
        summary="A new stay, or a return",
        description=(
            "Always a new enrolment with its own RefId. Absent programming type and timeframe come from the "
            "student's last enrolment at that school where it is one of yours, otherwise Regular / Day. The school "
            "may be any of the authority; at one that is not yours the stay must not overlap with another one. With "
            "`dry_run` the preview (200)."
        ),
        request=StudentEnrolmentFields,
        responses={201: NewStayAnswer, **problems(400, 401, 403, 404, 409, 422)},
    )
    def create(self, request: Request, asn: str) -> Response:
        student = self._student(asn)
        fields = self.read_body()
        school = enrolling.school_of_authority(fields.pop("school"))
        words = {name: fields.pop(name, None) for name in ("school_year", "reason", "note")}
        version = fields.pop("version", None)
        done_at = enrolling.done_at(user_of(request), student, school)
        done = _run(
            of_request(request),
            Sight(user_of(request)),
            student,
            lambda: enrolling.enrol(
                student,
                school,
                words["school_year"],
                fields,
                reason=words["reason"],
                note=words["note"],
                done_at=done_at,
            ),
            None,
            version=version,
            dry_run=self.dry_run,
        )
        if isinstance(done, Response):
            return done
        enrolment = _fresh(done.records.get(before__isnull=True, entity="school_enrolment").subject_id)
        return Response({"id": done.pk, "enrolment": _answer_of(enrolment)}, status.HTTP_201_CREATED)
