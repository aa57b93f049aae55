"""The menu of the guided actions of one enrolment."""

from collections.abc import Mapping
from typing import Any

from django import template

from sis.models import SchoolEnrolment

register = template.Library()


@register.inclusion_tag("registrar/guided/menu.html")
def guided_menu(menus: Mapping[int, list[dict[str, Any]]], enrolment: SchoolEnrolment) -> dict[str, Any]:
    """`menus`: links by enrolment id, as `guided_panels.links` gives them."""
    return {"links": menus.get(enrolment.pk, []), "enrolment": enrolment}
