from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from operations import health


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    well, body = health.report()
    return JsonResponse(body, status=200 if well else 503)


@require_safe
@never_cache
def livez(request: HttpRequest) -> JsonResponse:
    """This web process alone."""
    return JsonResponse({"status": "ok"})
