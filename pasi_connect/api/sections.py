"""Sections: read, add, change, delete. Changes go to PASI automatically."""

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
from operations.api.problems import PreconditionFailed, if_match
from operations.api.resource import Resource
from operations.api.schema import IF_MATCH, problems
from pasi_connect.entities import SECTION as ENTITY
from pasi_connect.models.submission import QUEUED
from pasi_connect.serializers.sections import (
    ChangedSectionSerializer,
    NewSectionSerializer,
    SectionFields,
    SectionSerializer,
)
from pasi_connect.services.queue import submissions, version_check
from pasi_connect.services.states import state_of, states_of
from sis import selectors
from sis.filters import SectionFilter
from sis.models import Course, Section, Term
from sis.services import sections

NEW = {
    "school": "2001", "school_year": "2026-2027", "term": "Semester 1", "course_codes": ["MAT3791"], "number": "3",
    "minutes_offered": 7500,
}  # fmt: skip
VERSIONS = (
    "With If-Match the change is refused (412, with the item as it is now) when either side has changed since; what our own accepted "
    "submissions did to PASI's version does not count as a change. Without If-Match, the state at arrival counts as seen."
)
PREVIEW = (
    "The answer, and the preview of a `dry_run`, has `expected`: what PASI will refuse. In the preview `pasi` is `held` with its reason "
    "where the change could not be sent."
)
CHANGED = {200: ChangedSectionSerializer, **problems(400, 401, 403, 404, 412, 422, current=SectionSerializer)}


@rights.needs("view", "section")
@extend_schema(tags=["Sections"])
@extend_schema_view(
    list=extend_schema(
        summary="Sections of your schools", responses={200: SectionSerializer(many=True), **problems(400, 401, 403)}
    ),
    retrieve=extend_schema(
        summary="One section",
        description="The answer's ETag is the item's `version`.",
        responses={200: SectionSerializer, **problems(401, 403, 404)},
    ),
    create=extend_schema(
        summary="Add a section",
        description=f"In a term of one of your schools. It is sent to PASI. {PREVIEW}",
        request=NewSectionSerializer,
        responses={201: ChangedSectionSerializer, **problems(400, 401, 403, 422)},
        examples=[OpenApiExample("A section of Mathematics 30-1", NEW, request_only=True)],
    ),
    partial_update=extend_schema(
        summary="Change a section",
        description=f"Changes the named fields and sends them to PASI; `deleted` false restores a deleted section. {VERSIONS} {PREVIEW}",
        request=SectionFields(partial=True),
        parameters=[IF_MATCH],
        responses=CHANGED,
        examples=[OpenApiExample("Minutes of instruction", {"minutes_offered": 7000}, request_only=True)],
    ),
    destroy=extend_schema(
        summary="Delete a section",
        description=(
            "Marks the section as deleted, here and in PASI. A section with students is not deleted (400). The answer is the "
            f"section. {VERSIONS} {PREVIEW}"
        ),
        request=None,
        parameters=[IF_MATCH],
        responses=CHANGED,
    ),
)
class SectionViewSet(Resource, viewsets.GenericViewSet[Section]):
    queryset = Section.objects.none()
    serializer_class = SectionSerializer
    filterset_class = SectionFilter
    permission_classes = [MayDo]
    needs = dict.fromkeys(("create", "partial_update", "destroy"), ("edit", "section"))
    bodies = {"create": NewSectionSerializer, "partial_update": SectionFields}
    consumes = frozenset()  # a deleted section is still found
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Section]:
        return selectors.sections(user_of(self.request))

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        context = {**self.get_serializer_context(), "states": states_of(page)}
        return self.get_paginated_response(SectionSerializer(page, many=True, context=context).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(self.get_object(), serializer=SectionSerializer)

    def create(self, request: Request) -> Response:
        body = self.read_body()
        term, course = self._term(body), self._course(body)
        section = sections.create(of_request(request), term, course, body)
        if self.dry_run:
            return self._preview(section, id=None, ref_id=None, version="")
        response = self._answer(section, status.HTTP_201_CREATED)
        response["Location"] = reverse("api:section-detail", [section.pk], request=request)
        return response

    def partial_update(self, request: Request, pk: str) -> Response:
        section = self.get_object()
        return self._change(section, self.read_body(section, partial=True))

    def destroy(self, request: Request, pk: str) -> Response:
        return self._change(self.get_object(), {"deleted": True})

    def _change(self, section: Section, wanted: dict[str, Any]) -> Response:
        revision, seen_version = self._expected_versions(section)
        who, before = of_request(self.request), state_of(section).version
        try:
            changed = sections.change(who, section.pk, wanted, expected_revision=revision, seen_version=seen_version)
        except sections.StaleSection as stale:
            raise self._stale(stale.current) from None
        # What has not come to be cannot have been seen: a preview carries the version that it was drawn from.
        return self._preview(changed, version=before) if self.dry_run else self._answer(changed)

    def _preview(self, section: Section, **instead: Any) -> Response:
        """The item as it would be, held if it would be held. `instead`: values in which a preview differs."""
        answer = self._answer(section, instead=instead)
        if answer.data["pasi"]["state"] in QUEUED:
            coming = submissions.forecast_of(section, of_request(self.request))
            answer.data["pasi"].update(state=coming.status, reason=coming.reason)
        return answer

    @staticmethod
    def _answer(
        section: Section,
        code: int = status.HTTP_200_OK,
        instead: dict[str, Any] | None = None,
        serializer: type[SectionSerializer] = ChangedSectionSerializer,
    ) -> Response:
        state = state_of(section)
        item = serializer(section, context={"states": {section.pk: state}}).data
        return Response({**item, **(instead or {})}, code, headers={"ETag": f'"{state.version}"'})

    def _expected_versions(self, section: Section) -> tuple[int | None, int]:
        """The revision to expect, and PASI's version that the caller has seen."""
        state = state_of(section)
        version = if_match(self.request)
        if version is None:
            return None, state.seen_version
        core_version = version_check.core_version_of(
            ENTITY.kind, version, section.revision, state.seen_version, state.key
        )
        if core_version is None:
            raise self._stale(section)
        return section.revision, core_version

    @staticmethod
    def _stale(section: Section) -> PreconditionFailed:
        item = SectionSerializer(section).data
        return PreconditionFailed(
            _("The section has changed since you read it. Check its current values, then send your change again."),
            {"current": item},
        )

    def _term(self, body: dict[str, Any]) -> Term:
        """Raises ValidationError where there is no such term at one of the person's schools."""
        code, year, name = body.pop("school"), body.pop("school_year"), body.pop("term")
        school = selectors.schools(user_of(self.request)).filter(code=code).first()
        if school is None:
            raise exceptions.ValidationError({"school": [_("No such school among yours.")]})
        terms = Term.objects.filter(calendar__school=school, calendar__school_year=year, name=name)
        term = terms.select_related("calendar__school").order_by("pk").first()
        if term is None:
            raise exceptions.ValidationError({"term": [_("The school has no such term in that school year.")]})
        return term

    @staticmethod
    def _course(body: dict[str, Any]) -> Course:
        code = body.pop("course")
        course = Course.objects.filter(code=code).first()
        if course is None:
            raise exceptions.ValidationError({"course_codes": [_("No course has the code %s.") % code]})
        return course
