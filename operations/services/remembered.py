"""Lists as people left them: read, kept and forgotten, always for one person."""

from collections.abc import Mapping

from operations.models import RememberedList, User


def of(person: User, page: str) -> RememberedList:
    """The person's row; a new one, not saved, where nothing is remembered."""
    return RememberedList.objects.filter(person=person, page=page).first() or RememberedList(person=person, page=page)


def keep_columns(person: User, page: str, columns: Mapping[str, bool]) -> None:
    RememberedList.objects.update_or_create(person=person, page=page, defaults={"columns": dict(columns)})


def keep_view(person: User, page: str, filters: Mapping[str, str], sort: str) -> None:
    """Filters and sort. Nothing is written where they stand already, and no row is made for a default."""
    row = of(person, page)
    if (row.filters, row.sort) == (dict(filters), sort):
        return
    RememberedList.objects.update_or_create(person=person, page=page, defaults={"filters": dict(filters), "sort": sort})


def forget(person: User, page: str) -> None:
    RememberedList.objects.filter(person=person, page=page).delete()
