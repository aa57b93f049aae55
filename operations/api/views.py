"""What the API answers beside its resources: addresses that do not exist, its description, and the page that shows it."""

from typing import Any

from csp.decorators import csp_update
from django.contrib.auth.mixins import LoginRequiredMixin
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import exceptions, permissions
from rest_framework.authentication import SessionAuthentication
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView


class NoSuchAddress(APIView):
    """404 as problem+json, for everybody: which addresses exist is in the published description."""

    permission_classes = [permissions.AllowAny]
    authentication_classes: list[Any] = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound(_("There is no such address. Each address of the API ends with a slash."))


@extend_schema(exclude=True)
class Description(SpectacularAPIView):
    """The OpenAPI description, for every signed-in person or token."""

    permission_classes = [permissions.IsAuthenticated]

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(response, "exception", False):
            request.accepted_renderer = JSONRenderer()  # a problem is no OpenAPI document
        return super().finalize_response(request, response, *args, **kwargs)


# Swagger UI draws its arrows from images inside its own style sheet.
@method_decorator(csp_update({"img-src": ["data:"]}), name="dispatch")
class DocumentationPage(LoginRequiredMixin, SpectacularSwaggerSplitView):
    """The description as a page; its scripts and styles are our own copies, its start-up script has an address of its own."""

    url_name = "api:schema"
    template_name = "operations/api_documentation.html"
    permission_classes = [permissions.IsAuthenticated]
    authentication_classes = [SessionAuthentication]
