from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from operations import health, rights


@rights.public
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    well, body = health.report()
    return JsonResponse(body, status=200 if well else 503)


@rights.public
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """This web process alone."""
    return JsonResponse({"status": "ok"})
