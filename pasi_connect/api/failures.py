"""Records set aside because our own program failed on them, and retrying them."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.actor import of_request, user_of
from operations.api.permissions import MayDo
from operations.api.resource import Resource
from operations.api.schema import problems
from pasi_connect import selectors
from pasi_connect.filters import FailureFilter
from pasi_connect.models import Failure
from pasi_connect.services.compare import failures


class FailureSerializer(serializers.ModelSerializer):
    school = serializers.CharField(source="school_code", read_only=True, help_text="Empty: of no school, or not known.")
    subject_type = serializers.CharField(source="entity", read_only=True, help_text="As `entity`.")
    subject_key = serializers.CharField(source="key", read_only=True, help_text="As `key`.")
    step = serializers.ChoiceField(choices=Failure.Step.choices, read_only=True)

    class Meta:
        model = Failure
        fields = [
            "id",
            "step",
            "entity",
            "key",
            "subject_type",
            "subject_key",
            "school",
            "tries",
            "place",
            "first_at",
            "last_at",
        ]
        read_only_fields = fields


@rights.needs("view", "failure")
@extend_schema(tags=["Failures"])
@extend_schema_view(
    list=extend_schema(
        summary="Failed records of your schools",
        description="PASI Connect failed to process each of them three times; all others are processed.",
        responses={200: FailureSerializer(many=True), **problems(400, 401, 403)},
    ),
    retrieve=extend_schema(summary="One failed record", responses={200: FailureSerializer, **problems(401, 403, 404)}),
)
class FailureViewSet(Resource, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Failure]):
    """Submissions that failed are dead letters: `submissions/?status=dead`."""

    queryset = Failure.objects.none()
    serializer_class = FailureSerializer
    permission_classes = [MayDo]
    needs = {"try_again": ("send", "submission")}
    consumes = frozenset({"try_again"})  # it is on the list no more
    lookup_value_regex = r"\d{1,18}"
    filterset_class = FailureFilter

    def get_queryset(self) -> QuerySet[Failure]:
        return selectors.failures(user_of(self.request))

    @extend_schema(
        summary="Try a record again",
        description="It is tried within seconds, at most three times. If it fails each time, it returns to the list.",
        request=None,
        responses={200: FailureSerializer, **problems(400, 401, 403, 404, 409, 422)},
    )
    @action(detail=True, methods=["post"], url_path="try-again")
    def try_again(self, request: Request, pk: str) -> Response:
        row = self.get_object()
        failures.free(of_request(request), [row])
        row.refresh_from_db()
        return Response(FailureSerializer(row).data)
