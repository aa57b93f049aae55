"""Links for records whose PASI key the SIS knows: made where both sides name the same record; they follow the key."""

from collections.abc import Iterable

from django.db.models import Q

from pasi_connect.entities import Entity
from pasi_connect.models import Link


def tie(entity: Entity, ids: Iterable[int] = (), keys: Iterable[str] = ()) -> set[str]:
    """Of the SIS records with these ids or keys. Gives the keys that no record goes by any more.

    What was agreed goes along with a record that got another key: it says when the SIS's own values were last those of PASI.
    """
    assert entity.sis is not None
    column = entity.sis.key
    if not column:
        return set()
    records = entity.sis.model._default_manager.filter(Q(pk__in=list(ids)) | Q(**{f"{column}__in": list(keys)}))
    wanted = {pk: key for pk, key in records.order_by("pk").values_list("pk", column) if key}
    held = {link.subject_id: link for link in Link.objects.of(entity.kind, wanted)}
    Link.objects.bulk_create(
        [Link(entity=entity.kind, subject_id=pk, key=key) for pk, key in wanted.items() if pk not in held],
        ignore_conflicts=True,
        batch_size=500,
    )
    given_up = set()
    for pk, link in held.items():
        if link.key != wanted[pk] and not entity.links.filter(key=wanted[pk]).exists():
            given_up.add(link.key)
            Link.objects.filter(pk=link.pk).update(
                key=wanted[pk], accepted_version=0, kept={}, agreed_digest="", hidden_at=None
            )
    return given_up
