"""School enrolments: read, change, add. The entry point for a host SIS; everything else follows automatically."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import exceptions, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from operations import rights
from operations.actor import of_request, user_of
from operations.api.permissions import MayDo
from operations.api.problems import Conflict, PreconditionFailed, if_match
from operations.api.resource import Resource
from operations.api.schema import IF_MATCH, problems
from pasi_connect.api import examples
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.filters import EnrolmentFilter
from pasi_connect.models.submission import QUEUED
from pasi_connect.serializers.enrolments import EnrolmentFields, EnrolmentSerializer, NewEnrolmentSerializer
from pasi_connect.services.decisions import expected
from pasi_connect.services.queue import submissions, version_check
from pasi_connect.services.states import state_of, states_of
from sis import selectors
from sis.models import School, SchoolEnrolment, Student
from sis.services import enrolments


@rights.needs("view", "school_enrolment")
@extend_schema(tags=["Enrolments"])
@extend_schema_view(
    list=extend_schema(
        summary="Enrolments of your schools",
        responses={200: EnrolmentSerializer(many=True), **problems(400, 401, 403)},
        examples=[OpenApiExample("An enrolment in step", examples.ENROLMENT, response_only=True)],
    ),
    retrieve=extend_schema(
        summary="One enrolment",
        description="The answer's ETag is the item's `version`.",
        responses={200: EnrolmentSerializer, **problems(401, 403, 404)},
        examples=[OpenApiExample("An enrolment in step", examples.ENROLMENT, response_only=True)],
    ),
    partial_update=extend_schema(
        summary="Change an enrolment",
        description=(
            "Changes the named fields and sends them to PASI. With If-Match the change is refused (412, with the "
            "item as it is now) when either side has changed since; what our own accepted submissions did to PASI's "
            "version does not count as a change. Without If-Match, the state at arrival counts as seen. What would "
            "withdraw a student, move the last day of a withdrawn one, reopen, delete or bring back a record is "
            "refused (409, `action` names the guided action)."
        ),
        request=EnrolmentFields(partial=True),
        parameters=[IF_MATCH],
        responses={
            200: EnrolmentSerializer,
            **problems(400, 401, 403, 404, 409, 412, 422, current=EnrolmentSerializer),
        },
        examples=[
            OpenApiExample("Another grade", examples.EDIT, request_only=True),
            OpenApiExample("It waits for its turn", examples.CHANGED, response_only=True, status_codes=["200"]),
        ],
    ),
    create=extend_schema(
        summary="Add an enrolment",
        description=(
            "The student must have an enrolment at one of your schools already. A stay starts with a planned last "
            "day (CompletionDate), does not overlap with another of the same school, year and program, and is at "
            "most two school years ahead. The preview of a `dry_run` has `expected` beside the item: what PASI and "
            "our own rules will say of it, such as a second main enrolment at another of your schools, or a record "
            "for the same days that PASI already has."
        ),
        request=NewEnrolmentSerializer,
        responses={201: EnrolmentSerializer, **problems(400, 401, 403, 422)},
        examples=[
            OpenApiExample("A new stay", examples.NEW, request_only=True),
            OpenApiExample("It waits for its turn", examples.CREATED, response_only=True, status_codes=["201"]),
        ],
    ),
)
class EnrolmentViewSet(Resource, viewsets.GenericViewSet[SchoolEnrolment]):
    """SIS records with their PASI state. The school year, the school and the student make another enrolment."""

    queryset = SchoolEnrolment.objects.none()
    serializer_class = EnrolmentSerializer
    filterset_class = EnrolmentFilter
    permission_classes = [MayDo]
    needs = {
        "partial_update": ("edit", "school_enrolment"),
        "create": ("edit", "school_enrolment"),
    }
    bodies = {"partial_update": EnrolmentFields, "create": NewEnrolmentSerializer}
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[SchoolEnrolment]:
        return selectors.enrolments(user_of(self.request))

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        context = {**self.get_serializer_context(), "states": states_of(page)}
        return self.get_paginated_response(EnrolmentSerializer(page, many=True, context=context).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(self.get_object())

    def partial_update(self, request: Request, pk: str) -> Response:
        enrolment = self.get_object()
        wanted = self.read_body(enrolment, partial=True)
        revision, seen_version = self._expected_versions(request, enrolment)
        try:
            changed = enrolments.change(
                of_request(request),
                enrolment.pk,
                wanted,
                expected_revision=revision,
                seen_version=seen_version,
                guided=False,
            )
        except enrolments.GuidedOnly as only:
            current = EnrolmentSerializer(enrolment).data
            raise Conflict(str(only), {"action": only.action, "current": current}, kind="guided_action") from None
        except enrolments.StaleRecord as stale:
            raise self._stale(stale.current) from None
        # What has not come to be cannot have been seen: a preview carries the version that it was drawn from.
        if self.dry_run:
            return self._preview(changed, version=state_of(enrolment).version)
        return self._answer(changed)

    def create(self, request: Request) -> Response:
        body = self.read_body()
        student, school = self._student(body), self._school(body)
        enrolment = enrolments.create(of_request(request), student, school, body.pop("school_year"), body)
        if self.dry_run:
            return self._preview(enrolment, id=None, ref_id=None, version="")
        response = self._answer(enrolment, status.HTTP_201_CREATED)
        response["Location"] = reverse("api:enrolment-detail", [enrolment.pk], request=request)
        return response

    def _preview(self, enrolment: SchoolEnrolment, **instead: Any) -> Response:
        """The item as it would be, shown as held if it would be, with what PASI and our own rules will say about it.

        `instead`: values that differ between a preview and the item.
        """
        findings = [expected.answer(one) for one in expected.of_enrolments([enrolment])[0]]
        answer = self._answer(enrolment, instead={**instead, "expected": findings})
        if answer.data["pasi"]["state"] in QUEUED:
            coming = submissions.forecast_of(enrolment, of_request(self.request))
            answer.data["pasi"].update(state=coming.status, reason=coming.reason)
        return answer

    @staticmethod
    def _answer(
        enrolment: SchoolEnrolment, code: int = status.HTTP_200_OK, instead: dict[str, Any] | None = None
    ) -> Response:
        state = state_of(enrolment)
        item = EnrolmentSerializer(enrolment, context={"states": {enrolment.pk: state}}).data
        return Response({**item, **(instead or {})}, code, headers={"ETag": f'"{state.version}"'})

    def _expected_versions(self, request: Request, enrolment: SchoolEnrolment) -> tuple[int | None, int]:
        """The revision to expect, and PASI's version that the caller has seen."""
        state = state_of(enrolment)
        version = if_match(request)
        if version is None:
            return None, state.seen_version
        seen_version = version_check.core_version_of(
            ENTITY.kind, version, enrolment.revision, state.seen_version, state.key
        )
        if seen_version is None:
            raise self._stale(enrolment)
        return enrolment.revision, seen_version

    @staticmethod
    def _stale(enrolment: SchoolEnrolment) -> PreconditionFailed:
        item = EnrolmentSerializer(enrolment).data
        return PreconditionFailed(
            _("The enrolment has changed since you read it. Check its current values, then send your change again."),
            {"current": item},
        )

    def _student(self, body: dict[str, Any]) -> Student:
        name = "asn" if "asn" in body else "student"
        wanted = {"asn": body.pop("asn")} if name == "asn" else {"pk": body.pop("student")}
        student = selectors.students(user_of(self.request)).filter(**wanted).first()
        if student is None:
            raise exceptions.ValidationError({name: [_("No such student in your schools.")]})
        return student

    def _school(self, body: dict[str, Any]) -> School:
        school = selectors.schools(user_of(self.request)).filter(code=body.pop("school")).first()
        if school is None:
            raise exceptions.ValidationError({"school": [_("No such school among yours.")]})
        return school
