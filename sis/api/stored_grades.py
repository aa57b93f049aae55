from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from operations import rights
from operations.actor import user_of
from operations.api.permissions import MayDo
from operations.api.resource import Resource
from operations.api.schema import problems
from sis import filters, selectors
from sis.models import StoredGrade
from sis.serializers import StoredGradeSerializer


@rights.needs("view", "stored_grade")
@extend_schema(tags=["Stored grades"])
@extend_schema_view(
    list=extend_schema(
        summary="Grades stored at your schools",
        responses={200: StoredGradeSerializer(many=True), **problems(400, 401, 403)},
    ),
    retrieve=extend_schema(
        summary="One stored grade", responses={200: StoredGradeSerializer, **problems(401, 403, 404)}
    ),
)
class StoredGradeViewSet(
    Resource, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[StoredGrade]
):
    queryset = StoredGrade.objects.none()
    serializer_class = StoredGradeSerializer
    filterset_class = filters.StoredGradeFilter
    permission_classes = [MayDo]
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[StoredGrade]:
        return selectors.stored_grades(user_of(self.request))
