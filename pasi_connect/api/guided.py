"""Guided actions: each one call, with a preview (`dry_run`), done as a whole and taken back as a whole."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations.actor import of_request
from operations.api.idempotency import IdempotentWrites
from operations.api.permissions import MayDo
from operations.api.problems import Conflict, if_match
from operations.api.schema import IDEMPOTENCY_KEY, IF_MATCH, problems
from pasi_connect.models import Action
from pasi_connect.rules.guided import OUT_REASONS
from pasi_connect.serializers import EnrolmentFields, EnrolmentSerializer, SchoolYearText, Strict
from pasi_connect.services import seen
from pasi_connect.services.actions import enrolling, plans, telling, transferring, withdrawing
from pasi_connect.states import state_of
from sis import selectors
from sis.models import SchoolEnrolment, Student
from sis.models.organisation import four_digits
from sis.rules import asn as asn_rules
from sis.services import enrolments

LIST = ", ".join(OUT_REASONS)
MAY_EDIT = ("operations.edit_records",)


class Guided(Strict):
    """What every guided action takes."""

    reason = serializers.CharField(max_length=2000, help_text="Why; kept here with the action, never sent.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    version = serializers.CharField(required=False, max_length=40, help_text="The `version` of the preview that you saw.")
    dry_run = serializers.BooleanField(required=False, default=False, help_text="Answers the preview, changes nothing.")


class Withdrawal(Guided):
    last_day_attended = serializers.DateField()
    reason = serializers.CharField(max_length=2000, help_text=f"One of: {LIST}. Never sent to PASI.")


class LastDay(Guided):
    last_day_attended = serializers.DateField()


class Transfer(Guided):
    transfer_date = serializers.DateField(help_text="The last day at the old school; a later day is planned for that day.")
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


def _schema(summary: str, given: type[Guided], description: str = "") -> Any:
    return extend_schema(
        tags=["Guided actions"],
        summary=summary,
        description=f"{description} With `dry_run` the answer is the preview (200): records, submissions, what PASI will say.".strip(),
        request=given,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        responses={200: GuidedAnswer, **problems(400, 401, 403, 404, 409, 422, current=EnrolmentSerializer)},
    )


def _answer_of(enrolment: SchoolEnrolment) -> dict[str, Any]:
    return dict(EnrolmentSerializer(enrolment, context={"states": {enrolment.pk: state_of(enrolment)}}).data)


def _fresh(pk: int) -> SchoolEnrolment:
    return SchoolEnrolment.objects.select_related("student", "school").get(pk=pk)


def _run(
    request: Request, student: Student, planner: plans.Planner, given: dict[str, Any], target: SchoolEnrolment | None
) -> Action | Response:
    """The action, or the answer to a dry run. Refusals become problems."""
    actor = of_request(request)  # type: ignore[arg-type]
    current = {"current": _answer_of(target)} if target else {}
    try:
        if given["dry_run"]:
            return Response(telling.told(plans.preview(actor, planner)))
        return plans.do(actor, student.pk, planner, given.get("version"))
    except plans.Refused as error:
        raise Conflict(str(error), current) from None
    except plans.Moved as moved:
        raise Conflict(str(moved), {"preview": telling.told(moved.preview), **current}) from None
    except enrolments.StaleRecord:
        raise Conflict(_("The enrolment has changed since you read it."), current) from None


class GuidedActions:
    """The guided actions on one enrolment, for its viewset."""

    guided = dict.fromkeys(
        (
            "withdraw", "correct_last_day", "never_attended", "entered_in_error", "undelete", "withdrawal_was_a_mistake",
            "transfer_out", "close_concurrent", "end_courses",
        ),
        MAY_EDIT,
    )  # fmt: skip

    def _guided(
        self, request: Request, shape: type[Guided], planner: Callable[[SchoolEnrolment, dict[str, Any]], plans.Plan]
    ) -> Response:
        enrolment: SchoolEnrolment = self.get_object()  # type: ignore[attr-defined]
        serializer = shape(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        self._must_be_seen(request, enrolment)
        words = {name: value for name, value in given.items() if name not in ("dry_run", "version")}
        done = _run(request, enrolment.student, lambda: planner(_fresh(enrolment.pk), words), given, enrolment)
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
        if seen.core_version_of(version, enrolment.revision, state.seen_version, state.ref_id) is None:
            raise Conflict(_("The enrolment has changed since you read it."), {"current": _answer_of(enrolment)})

    @_schema("Withdraw", Withdrawal, "The student attended at least one day and has left.")
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        return self._guided(request, Withdrawal, lambda one, words: withdrawing.withdraw(one, **words))

    @_schema("Correct the last day attended", LastDay)
    @action(detail=True, methods=["post"], url_path="correct-last-day")
    def correct_last_day(self, request: Request, pk: str) -> Response:
        return self._guided(request, LastDay, lambda one, words: withdrawing.correct_last_day(one, **words))

    @_schema("Never attended", Guided, "The student never came: deleted here and in PASI.")
    @action(detail=True, methods=["post"], url_path="never-attended")
    def never_attended(self, request: Request, pk: str) -> Response:
        return self._guided(request, Guided, lambda one, words: withdrawing.never_attended(one, **words))

    @_schema("Entered in error", Guided, "Wrong student, wrong school or duplicate: deleted here and in PASI.")
    @action(detail=True, methods=["post"], url_path="entered-in-error")
    def entered_in_error(self, request: Request, pk: str) -> Response:
        return self._guided(request, Guided, lambda one, words: withdrawing.entered_in_error(one, **words))

    @_schema("Undelete", Guided)
    @action(detail=True, methods=["post"])
    def undelete(self, request: Request, pk: str) -> Response:
        return self._guided(request, Guided, lambda one, words: withdrawing.undelete(one, **words))

    @_schema("The withdrawal was a mistake", Guided, "The student never left: the same enrolment goes on.")
    @action(detail=True, methods=["post"], url_path="withdrawal-was-a-mistake")
    def withdrawal_was_a_mistake(self, request: Request, pk: str) -> Response:
        return self._guided(request, Guided, lambda one, words: withdrawing.withdrawal_was_a_mistake(one, **words))

    @_schema("End the course enrolments", Guided, "After a withdrawal was accepted from PASI. Nothing is sent.")
    @action(detail=True, methods=["post"], url_path="end-courses")
    def end_courses(self, request: Request, pk: str) -> Response:
        return self._guided(request, Guided, lambda one, words: withdrawing.end_courses(one, **words))

    @_schema("Close a concurrent enrolment", Closing)
    @action(detail=True, methods=["post"], url_path="close-concurrent")
    def close_concurrent(self, request: Request, pk: str) -> Response:
        return self._guided(request, Closing, lambda one, words: enrolling.close_concurrent(one, **words))

    @_schema("Transfer out", Transfer, "The student stays at the concurrent school, which becomes the main one.")
    @action(detail=True, methods=["post"], url_path="transfer-out")
    def transfer_out(self, request: Request, pk: str) -> Response:
        def planner(one: SchoolEnrolment, words: dict[str, Any]) -> plans.Plan:
            rest = {name: value for name, value in words.items() if name != "concurrent_enrolment"}
            # The concurrent enrolment is the same student's, at another school of the authority perhaps: the one exception.
            other = SchoolEnrolment.objects.select_related("student", "school").filter(
                pk=words["concurrent_enrolment"], student=one.student
            )
            return transferring.transfer_out(one, concurrent=other.first(), **rest)

        return self._guided(request, Transfer, planner)


class StudentEnrolmentFields(EnrolmentFields):
    """A new stay: where and when, the fields of an enrolment, why, and whether it is only a preview."""

    school = serializers.CharField(validators=[four_digits])
    school_year = SchoolYearText()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    version = serializers.CharField(required=False, max_length=40)
    dry_run = serializers.BooleanField(required=False, default=False)

    class Meta(EnrolmentFields.Meta):
        fields = (
            *(name for name in EnrolmentFields.Meta.fields if name != "deleted"),
            "school", "school_year", "reason", "note", "version", "dry_run",
        )  # fmt: skip
        extra_kwargs = {
            "grade": {"required": True, "allow_blank": False},
            "programming_type": {"required": False},
            "programming_timeframe": {"required": False},
        }


class NewStayAnswer(serializers.Serializer):
    id = serializers.IntegerField(help_text="The entry under /decisions/.")
    enrolment = EnrolmentSerializer()


class StudentEnrolments(IdempotentWrites, viewsets.GenericViewSet[SchoolEnrolment]):
    """A student's enrolments at your schools; a new stay, which is also how a student comes back."""

    queryset = SchoolEnrolment.objects.none()
    serializer_class = EnrolmentSerializer
    permission_classes = [MayDo]
    needs = {"create": MAY_EDIT}
    filter_backends: list[Any] = []

    def _student(self, asn: str) -> Student:
        student = selectors.students(self.request.user).filter(asn=asn_rules.normalise(asn)).first()  # type: ignore[arg-type]
        if student is None:
            raise exceptions.NotFound(_("There is no such record in the schools that you may see."))
        return student

    @extend_schema(
        tags=["Guided actions"],
        summary="A student's enrolments",
        responses={200: EnrolmentSerializer(many=True), **problems(401, 404)},
    )
    def list(self, request: Request, asn: str) -> Response:
        found = selectors.enrolments(request.user).filter(student=self._student(asn))  # type: ignore[arg-type]
        return self.get_paginated_response(EnrolmentSerializer(self.paginate_queryset(found), many=True).data)  # type: ignore[arg-type]

    @extend_schema(
        tags=["Guided actions"],
        summary="A new stay, or a return",
        description=(
            "Always a new enrolment with a RefId of its own. Absent programming type and timeframe come from the student's last "
            "enrolment at that school, else Regular / Day. The school may be any of the authority. With `dry_run` the preview (200)."
        ),
        request=StudentEnrolmentFields,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: NewStayAnswer, **problems(400, 401, 403, 404, 409, 422)},
    )
    def create(self, request: Request, asn: str) -> Response:
        student = self._student(asn)
        serializer = StudentEnrolmentFields(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        school = enrolling.school_of_authority(given.pop("school"))
        words = {name: given.pop(name, None) for name in ("school_year", "reason", "note")}
        control = {name: given.pop(name, None) for name in ("dry_run", "version")}
        done_at = enrolling.done_at(request.user, student, school)  # type: ignore[arg-type]
        done = _run(
            request,
            student,
            lambda: enrolling.enrol(
                student, school, words["school_year"], given, reason=words["reason"], note=words["note"], done_at=done_at
            ),
            control,
            None,
        )
        if isinstance(done, Response):
            return done
        made = _fresh(done.records.get(before__isnull=True, subject_type="school_enrolment").subject_id)
        return Response({"id": done.pk, "enrolment": _answer_of(made)}, status.HTTP_201_CREATED)
