"""What every page shows around its content: navigation, state of the link, banner, school and year."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from operations import offers, security_log


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy: a fragment or a file download asks the database nothing."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    context: dict[str, Any] = {
        "navigation": SimpleLazyObject(lambda: navigation(request)), "session_seconds": security_log.seconds_left(request),
    }  # fmt: skip
    parts = SimpleLazyObject(lambda: _parts(request))
    for name in ("link", "banners", "context_school", "context_year"):
        context[name] = SimpleLazyObject(lambda name=name: parts.get(name))  # type: ignore[misc]
    return context


def _parts(request: HttpRequest) -> dict[str, Any]:
    """What the makers give; each may give a `banner`, and all of them are shown."""
    parts: dict[str, Any] = {"banners": []}
    for maker in offers.frame_makers:
        part = maker(request)
        if banner := part.pop("banner", None):
            parts["banners"].append(banner)
        parts.update({key: value for key, value in part.items() if value})
    return parts


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    items = sorted((item for offer in offers.navigation for item in offer(request)), key=lambda item: item.order)
    groups: dict[str, list[offers.NavItem]] = {}
    for item in items:
        groups.setdefault(item.group, []).append(item)  # a group stands where its first item stands
    return [{"label": label, "items": members} for label, members in groups.items()]
