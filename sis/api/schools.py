from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from operations import rights
from operations.actor import user_of
from operations.api.permissions import MayDo
from operations.api.resource import Resource
from operations.api.schema import problems
from sis import filters, selectors
from sis.models import School
from sis.serializers import SchoolSerializer


@rights.needs("view", "school")
@extend_schema(tags=["Schools"])
@extend_schema_view(
    list=extend_schema(summary="Your schools", responses={200: SchoolSerializer(many=True), **problems(400, 401, 403)}),
    retrieve=extend_schema(summary="One school", responses={200: SchoolSerializer, **problems(401, 403, 404)}),
)
class SchoolViewSet(Resource, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[School]):
    queryset = School.objects.none()
    serializer_class = SchoolSerializer
    filterset_class = filters.SchoolFilter
    permission_classes = [MayDo]
    lookup_field = "code"
    lookup_value_regex = r"\d{4}"

    def get_queryset(self) -> QuerySet[School]:
        return selectors.schools(user_of(self.request)).select_related("authority")
