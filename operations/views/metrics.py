"""Figures for those who run the product. A scraper is no person: an address or a token of its own lets it in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from operations import rights
from operations.rules import addresses
from operations.services import metrics

REFUSED = "These figures are for the addresses in METRICS_FROM, or with the token of METRICS_TOKEN.\n"


@rights.public
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Prometheus' text form; 403 for whoever may not read it, whatever they may do elsewhere."""
    if not may_read(request):
        return HttpResponse(REFUSED, status=403, content_type="text/plain; charset=utf-8")
    return HttpResponse(metrics.text(), content_type=metrics.CONTENT_TYPE)


def may_read(request: HttpRequest) -> bool:
    address = request.META.get("REMOTE_ADDR", "")
    # What a proxy has brought is somebody else's, whatever address the connection has.
    here = addresses.is_loopback(address) and "HTTP_X_FORWARDED_FOR" not in request.META
    if settings.PRODUCTION and not (here or request.is_secure()):
        return False
    kind, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if settings.METRICS_TOKEN and kind.lower() == "bearer":
        return constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    if addresses.is_in(address, settings.METRICS_FROM):
        return here or not addresses.is_loopback(address)
    return here and not settings.PRODUCTION
