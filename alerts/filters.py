"""The filter of assigned changes: those of the list of changes, and who looks after them."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from alerts import selectors
from operations.models import User
from pasi_connect.filters import DiscrepancyFilter
from pasi_connect.models import Discrepancy
from sis import selectors as sis

ME, NOBODY, ANYBODY = "me", "nobody", "anybody"


class AssignedFilter(DiscrepancyFilter):
    """`who`: me (with those whom I stand in for today), nobody, anybody, or a colleague's id."""

    who = django_filters.ChoiceFilter(empty_label=None, choices=[], method="of_person", label=_("Assigned to"))

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.filters["who"].extra["choices"] = [
            (ME, _("Me")),
            (NOBODY, _("Nobody yet")),
            (ANYBODY, _("Anybody")),
            *((str(other.pk), other.full_name) for other in _others(person)),
        ]

    def of_person(self, queryset: QuerySet[Discrepancy], _name: str, value: str) -> QuerySet[Discrepancy]:
        if value == NOBODY:
            return queryset.filter(~selectors.held_by())
        if value == ANYBODY:
            return queryset.filter(selectors.held_by())
        people = selectors.stood_in_for(self.person) if value == ME else [int(value)]
        return queryset.filter(selectors.held_by(people))


def _others(person: User) -> list[User]:
    """People who look after a change at one of the person's schools."""
    codes = sis.school_codes(person)
    found = selectors.holding_people() if codes is None else selectors.holding_people(codes)
    return list(found.exclude(pk=person.pk))
