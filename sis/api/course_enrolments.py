from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from operations import rights
from operations.actor import user_of
from operations.api.permissions import MayDo
from operations.api.resource import Resource
from operations.api.schema import problems
from sis import filters, selectors
from sis.models import CourseEnrolment
from sis.serializers import CourseEnrolmentSerializer


@rights.needs("view", "course_enrolment")
@extend_schema(tags=["Course enrolments"])
@extend_schema_view(
    list=extend_schema(
        summary="Course enrolments at your schools",
        responses={200: CourseEnrolmentSerializer(many=True), **problems(400, 401, 403)},
    ),
    retrieve=extend_schema(
        summary="One course enrolment", responses={200: CourseEnrolmentSerializer, **problems(401, 403, 404)}
    ),
)
class CourseEnrolmentViewSet(
    Resource, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[CourseEnrolment]
):
    queryset = CourseEnrolment.objects.none()
    serializer_class = CourseEnrolmentSerializer
    filterset_class = filters.CourseEnrolmentFilter
    permission_classes = [MayDo]
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[CourseEnrolment]:
        return selectors.course_enrolments(user_of(self.request))
