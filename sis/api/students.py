from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from operations import rights
from operations.actor import user_of
from operations.api.permissions import MayDo
from operations.api.resource import Resource
from operations.api.schema import problems
from sis import filters, selectors
from sis.models import Student
from sis.serializers import StudentSerializer


@rights.needs(rights.RECORDS)
@extend_schema(tags=["Students"])
@extend_schema_view(
    list=extend_schema(
        summary="Students of your schools",
        description="Students with an enrolment, of any year, at one of your schools.",
        responses={200: StudentSerializer(many=True), **problems(400, 401, 403)},
    ),
    retrieve=extend_schema(summary="One student", responses={200: StudentSerializer, **problems(401, 403, 404)}),
)
class StudentViewSet(Resource, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Student]):
    queryset = Student.objects.none()
    serializer_class = StudentSerializer
    filterset_class = filters.StudentFilter
    permission_classes = [MayDo]
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Student]:
        return selectors.students(user_of(self.request))
