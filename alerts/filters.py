"""What the alerts add to the inbox filter: who looks after a change."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from alerts import selectors
from alerts.selectors import ANYBODY, ME, NOBODY
from operations.models import User
from pasi_connect.models import Discrepancy
from sis import selectors as sis


def who(person: User) -> tuple[str, django_filters.Filter]:
    """`who`: me (with those whom I stand in for today), nobody, anybody, or a colleague's id."""

    def of_person(queryset: QuerySet[Discrepancy], _name: str, value: str) -> QuerySet[Discrepancy]:
        if value == NOBODY:
            return queryset.filter(~selectors.held_by())
        if value == ANYBODY:
            return queryset.filter(selectors.held_by())
        people = selectors.stood_in_for(person) if value == ME else [int(value)]
        return queryset.filter(selectors.held_by(people))

    def choices() -> list[tuple[str, Any]]:
        options: list[tuple[str, Any]] = [(ME, _("Me")), (NOBODY, _("Nobody")), (ANYBODY, _("Anybody"))]
        return options + [(str(other.pk), other.full_name) for other in _others(person)]

    by_person = django_filters.ChoiceFilter(
        empty_label=_("Any"), choices=choices, method=of_person, label=_("Assigned to")
    )
    return "who", by_person


def _others(person: User) -> list[User]:
    """People who look after a change at one of the person's schools."""
    codes = sis.school_codes(person)
    people = selectors.holding_people() if codes is None else selectors.holding_people(codes)
    return list(people.exclude(pk=person.pk))
