"""The list, the record and the API of lockers, each through what every kind of record of the product goes through."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views import View
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets

from operations import rights
from operations.actor import user_of
from operations.api.permissions import MayDo
from operations.api.resource import Resource
from operations.views import lists
from sis import selectors
from tests.lockers.filters import LockerFilter
from tests.lockers.models import Locker, in_words
from tests.lockers.serializers import LockerSerializer

LIST = lists.Listing(
    "lockers.lockers",
    "lockers:locker-list",
    columns=(
        lists.Column("school", in_words("School", "École")),
        lists.Column("shelves", in_words("Shelves", "Tablettes"), visible=False),
    ),
    filters=("school", "deleted"),
)


def lockers(user):
    return selectors.scoped(Locker.objects.select_related("school").order_by("id"), user, "school__code")


@rights.needs("view", "school")
class LockerList(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        own = lockers(user_of(request))
        if turn := LIST.turn(request, lambda params: LockerFilter(params, own)):
            return turn
        filters = LockerFilter(request.GET, own)
        page = lists.page(request, lists.rows(filters), newest_first=False)
        context = {"rows": page.rows, **LIST.context(request)}
        return render(request, "lockers/list.html", context, status=200 if filters.is_valid() else 400)


@rights.needs("view", "school")
class LockerPage(View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = get_object_or_404(lockers(user_of(request)), pk=pk)
        return render(request, "lockers/list.html", {"rows": [found], "cols": {}})


@rights.needs("view", "school")
@extend_schema(tags=["Lockers"])
class LockerViewSet(Resource, mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Locker.objects.none()
    serializer_class = LockerSerializer
    filterset_class = LockerFilter
    permission_classes = [MayDo]

    def get_queryset(self):
        return lockers(user_of(self.request))
