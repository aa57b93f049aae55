from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from operations.api.permissions import MayDo
from operations.api.schema import problems
from sis import filters, selectors
from sis.models import Student
from sis.serializers import StudentSerializer


@extend_schema(tags=["Students"])
@extend_schema_view(
    list=extend_schema(
        summary="Students of your schools",
        description="Students with an enrolment, of any year, at one of your schools.",
        responses={200: StudentSerializer(many=True), **problems(400, 401)},
    ),
    retrieve=extend_schema(summary="One student", responses={200: StudentSerializer, **problems(401, 404)}),
)
class StudentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Student]):
    queryset = Student.objects.none()
    serializer_class = StudentSerializer
    filterset_class = filters.StudentFilter
    permission_classes = [MayDo]
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Student]:
        return selectors.students(self.request.user)  # type: ignore[arg-type]
