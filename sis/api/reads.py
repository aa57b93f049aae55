from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from operations import rights
from operations.actor import user_of
from operations.api.permissions import MayDo
from operations.api.resource import Resource
from operations.api.schema import problems
from operations.models import ReadEntry
from sis import filters, selectors
from sis.serializers import ReadEntrySerializer


@rights.needs("view", "access")
@extend_schema(tags=["Access"])
@extend_schema_view(
    list=extend_schema(
        summary="Who has viewed which student",
        description=(
            "One entry per person, program, student and hour; a list, a search or a file is one entry with its "
            "filter, which may contain a student's name. Lists and searches are shown only to people who see all "
            "schools."
        ),
        responses={200: ReadEntrySerializer(many=True), **problems(400, 401, 403)},
    ),
)
class ReadViewSet(Resource, mixins.ListModelMixin, viewsets.GenericViewSet[ReadEntry]):
    queryset = ReadEntry.objects.none()
    serializer_class = ReadEntrySerializer
    filterset_class = filters.ReadFilter
    permission_classes = [MayDo]

    def get_queryset(self) -> QuerySet[ReadEntry]:
        return selectors.read_entries(user_of(self.request))
