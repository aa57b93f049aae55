"""The tabs that the pages of the alerts share with the list of changes."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from operations import offers
from pasi_connect.views.changes import GROUPS, PAGE, TABS


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    own = reverse("pasi_connect:changes")
    first = [
        {"label": GROUPS[name], "url": f"{own}?group={name}", "icon": icon, "current": False}
        for name, icon in TABS.items()
    ]
    return [*first, *(panel.context for panel in offers.panels(PAGE, request, None))]
