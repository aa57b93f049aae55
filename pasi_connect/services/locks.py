"""The order in which everybody locks the rows of a record: local copy, link, submission, discrepancy.

Whoever changes them locks them through this module, so that a save, a pull, a sender and a decision on one record
wait for each other and never deadlock. Within a table, by id.
"""

from collections.abc import Collection
from functools import cache
from typing import Any

from operations.statements import Parameter, Query
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import Discrepancy, Link, Submission
from pasi_connect.models.submission import FLYING

_KEY = Link._meta.get_field("key")


# Each outcome and each comparison after it asks these: prepared once a kind.
@cache
def _copy(entity: str) -> Query[Any]:
    kind = entities.by_kind(entity)
    return Query(lambda: kind.copies.select_for_update().filter(**{kind.copy.key_field: Parameter("key", _KEY)})[:1])


@cache
def _link(entity: str) -> Query[Link]:
    kind = entities.by_kind(entity)
    return Query(lambda: kind.links_along.select_for_update(of=("self",)).filter(key=Parameter("key", _KEY))[:1])


@cache
def _open(entity: str) -> Query[Discrepancy]:
    items = Discrepancy.objects.select_for_update()
    parameter = Parameter("key", _KEY)
    return Query(lambda: items.filter(entity=entity, key=parameter, status=Discrepancy.Status.OPEN)[:1])


_flying = Query(
    lambda: (
        Submission.objects.select_for_update(of=("self",))
        .filter(
            pk=Parameter("pk", Submission._meta.pk),
            fence=Parameter("fence", Submission._meta.get_field("fence")),
            status__in=FLYING,
        )
        .defer("sent_document")[:1]
    )
)


def _copies(entity: Entity, keys: Collection[str]) -> Any:
    named = {f"{entity.copy.key_field}__in": list(keys)}
    return entity.copies.select_for_update().filter(**named).order_by("id")


def records(entity: Entity, keys: Collection[str]) -> None:
    """Copies and links of a set of records."""
    list(_copies(entity, keys).values_list("pk"))
    list(entity.links.select_for_update().filter(key__in=list(keys)).order_by("id").values_list("pk"))


def sides(entity: Entity, key: str) -> tuple[Any, Link | None]:
    """Copy and link of one record, the link with its SIS record; a copy that has vanished too."""
    copy = entity.copy._default_manager.select_for_update().filter(**{entity.copy.key_field: key}).first()
    return copy, entity.links_along.select_for_update(of=("self",)).filter(key=key).first()


def sides_of_many(entity: Entity, keys: Collection[str]) -> tuple[dict[str, Any], dict[str, Link]]:
    """By key; copies without their documents, links with their SIS records."""
    links = entity.links_along.select_for_update(of=("self",)).filter(key__in=list(keys)).order_by("id")
    return (
        {getattr(copy, entity.copy.key_field): copy for copy in _copies(entity, keys)},
        {link.key: link for link in links},
    )


def flight(submission: Submission) -> tuple[Any, Link | None, Submission | None]:
    """Copy, link and the submission as long as its fence is this one and it is on its way; None when it is another's."""
    kind, key = submission.entity, submission.key
    copy, link = _copy(kind).first(key=key), _link(kind).first(key=key)
    return copy, link, _flying.first(pk=submission.pk, fence=submission.fence)


def open_item(entity: Entity, key: str) -> Discrepancy | None:
    """The record's open item. Its copy and its link are locked already."""
    return _open(entity.kind).first(key=key)


def open_items(entity: Entity, keys: Collection[str]) -> dict[str, Discrepancy]:
    """By key. Copies and links are locked already."""
    rows = Discrepancy.objects.select_for_update().filter(entity=entity.kind, key__in=list(keys))
    return {item.key: item for item in rows.filter(status=Discrepancy.Status.OPEN).order_by("id")}


def item(item_id: int) -> tuple[Discrepancy, Any, Link | None]:
    """An item with both sides of its record."""
    kind, key = Discrepancy.objects.values_list("entity", "key").get(pk=item_id)
    copy, link = sides(entities.by_kind(kind), key)
    return Discrepancy.objects.select_for_update().get(pk=item_id), copy, link
