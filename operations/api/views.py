"""What the API answers beside its resources: the list of its addresses, those that do not exist, its description, and the page
that shows it."""

from functools import cache
from typing import Any

from csp.decorators import csp_update
from django.contrib.auth.mixins import LoginRequiredMixin
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from operations import rights
from operations.api.authentication import SessionAuthentication
from operations.api.permissions import MayDo
from operations.api.resource import Resource
from operations.api.schema import problems
from operations.serializers import AddressesSerializer


@rights.public
class NoSuchAddress(APIView):
    """404 as problem+json, for everybody: which addresses exist is in the published description."""

    permission_classes = [MayDo]
    authentication_classes: list[Any] = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound(_("No such address. GET /api/v1/ lists all of them; each ends with a slash."))


@cache
def _operations() -> list[tuple[str, str, str]]:
    """(address, method, summary) of everything that the description names."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return [
        (address, method.upper(), operation["summary"])
        for address, operations in paths.items()
        for method, operation in operations.items()
    ]


@rights.signed_in
class Root(Resource, APIView):
    permission_classes = [MayDo]

    @extend_schema(
        operation_id="addresses",
        tags=["Addresses"],
        summary="All addresses of the API",
        responses={200: AddressesSerializer, **problems(400, 401)},
    )
    def get(self, request: Request) -> Response:
        here = request.build_absolute_uri("/").rstrip("/")  # joined by hand: braces stay braces
        addresses = [
            {"address": f"{here}{address}", "method": method, "summary": summary}
            for address, method, summary in _operations()
        ]
        places = {name: reverse(f"api:{name}", request=request) for name in ("docs", "schema")}
        return Response(AddressesSerializer({**places, "addresses": addresses}).data)


class PlainProblems:
    """A refusal is neither an OpenAPI document nor a page, whatever the view renders otherwise."""

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(response, "exception", False):
            request.accepted_renderer = JSONRenderer()
        return super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]


@rights.signed_in
@extend_schema(exclude=True)
class Description(PlainProblems, SpectacularAPIView):
    """The OpenAPI description, for every signed-in person or token."""

    permission_classes = [MayDo]


# Swagger UI draws its arrows from images inside its own style sheet.
@rights.signed_in
@method_decorator(csp_update({"img-src": ["data:"]}), name="dispatch")
class DocumentationPage(PlainProblems, LoginRequiredMixin, SpectacularSwaggerSplitView):
    """The description as a page; its scripts and styles are our own copies, its start-up script has an address of its own."""

    url_name = "api:schema"
    template_name = "operations/api_documentation.html"
    permission_classes = [MayDo]
    authentication_classes = [SessionAuthentication]
