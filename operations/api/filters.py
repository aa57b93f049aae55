from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import exceptions
from rest_framework.request import Request

from operations.api.pagination import KeysetPagination


class StrictFilterBackend(DjangoFilterBackend):
    """A filter that is not known, or empty, answers 400: a misspelt one must not answer with everything. Lists alone are filtered; what
    other addresses may hold is checked before (`operations.api.resource`)."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        if view.action != "list":
            return queryset
        filterset = self.get_filterset(request, queryset, view)
        names = set(filterset.filters) if filterset else set()
        unknown = [
            name for name in request.query_params if name not in names and name not in KeysetPagination.parameters
        ]
        if unknown:
            possible = ", ".join(sorted(names)) or "-"
            raise exceptions.ValidationError(
                {name: [_("Unknown filter. Available filters: %(names)s.") % {"names": possible}] for name in unknown}
            )
        refuse_empty(request.query_params)
        return super().filter_queryset(request, queryset, view)


def refuse_empty(params: QueryDict) -> None:
    """A program with an empty variable would get everything."""
    empty = [name for name in params if not any(params.getlist(name))]
    if empty:
        message = _("This is empty. Enter a value or leave the member out.")
        raise exceptions.ValidationError({name: [message] for name in empty})
