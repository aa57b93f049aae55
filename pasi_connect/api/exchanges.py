"""The log of calls to PASI, without bodies."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from operations import rights
from operations.actor import user_of
from operations.api.permissions import MayDo
from operations.api.resource import Resource
from operations.api.schema import problems
from pasi_connect import selectors
from pasi_connect.filters import ExchangeFilter
from pasi_connect.models import Exchange
from pasi_connect.serializers.exchanges import ExchangeSerializer


@rights.needs("view", "exchange")
@extend_schema(tags=["Exchanges"])
@extend_schema_view(
    list=extend_schema(
        summary="Calls to PASI for records of your schools",
        responses={200: ExchangeSerializer(many=True), **problems(400, 401, 403)},
    ),
    retrieve=extend_schema(summary="One call", responses={200: ExchangeSerializer, **problems(401, 403, 404)}),
)
class ExchangeViewSet(Resource, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Exchange]):
    """Every call, written before it is made."""

    queryset = Exchange.objects.none()
    serializer_class = ExchangeSerializer
    filterset_class = ExchangeFilter
    permission_classes = [MayDo]
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Exchange]:
        return selectors.exchanges(user_of(self.request))
