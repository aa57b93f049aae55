"""The tabs that the pages of the alerts share with the list of changes."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import offers


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    first = {"label": _("All open"), "url": reverse("pasi_connect:changes"), "icon": "inbox", "current": False}
    return [first, *(panel.context for panel in offers.panels("pasi_connect.changes", request, None))]
