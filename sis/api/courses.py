from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from operations import rights
from operations.actor import user_of
from operations.api.permissions import MayDo
from operations.api.resource import Resource
from operations.api.schema import problems
from sis import filters, selectors
from sis.models import Course
from sis.serializers import CourseSerializer


@rights.needs("view", "course")
@extend_schema(tags=["Courses"])
@extend_schema_view(
    list=extend_schema(
        summary="Courses of the authority", responses={200: CourseSerializer(many=True), **problems(400, 401, 403)}
    ),
    retrieve=extend_schema(summary="One course", responses={200: CourseSerializer, **problems(401, 403, 404)}),
)
class CourseViewSet(Resource, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Course]):
    queryset = Course.objects.none()
    serializer_class = CourseSerializer
    filterset_class = filters.CourseFilter
    permission_classes = [MayDo]
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Course]:
        return selectors.courses(user_of(self.request))
