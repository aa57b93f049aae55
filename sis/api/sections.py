from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from operations import rights
from operations.actor import user_of
from operations.api.permissions import MayDo
from operations.api.resource import Resource
from operations.api.schema import problems
from sis import filters, selectors
from sis.models import Section
from sis.serializers import SectionSerializer


@rights.needs("view", "section")
@extend_schema(tags=["Sections"])
@extend_schema_view(
    list=extend_schema(
        summary="Sections of your schools", responses={200: SectionSerializer(many=True), **problems(400, 401, 403)}
    ),
    retrieve=extend_schema(summary="One section", responses={200: SectionSerializer, **problems(401, 403, 404)}),
)
class SectionViewSet(Resource, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Section]):
    queryset = Section.objects.none()
    serializer_class = SectionSerializer
    filterset_class = filters.SectionFilter
    permission_classes = [MayDo]
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Section]:
        return selectors.sections(user_of(self.request))
