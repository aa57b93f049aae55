"""Which typed columns of a local copy are newer than its row, so that their content is not known yet."""

from pasi_connect.entities import Entity
from pasi_connect.models import FieldTable, LocalCopy
from pasi_connect.rules import fields

NONE: frozenset[str] = frozenset()
_unfilled_by_version: dict[
    tuple[str, int, int], frozenset[str]
] = {}  # by entity, the row's version and ours: it never changes


def unfilled(entity: Entity, copy: LocalCopy) -> frozenset[str]:
    """Names of the columns that wait to be filled from the copy's document (`refilling`): not compared, and never laid on a message.

    All of them where nobody knows how the row was filled.
    """
    if copy.columns_version == entity.columns_version:
        return NONE
    key = entity.kind, copy.columns_version, entity.columns_version
    if key not in _unfilled_by_version:
        tables = FieldTable.objects.filter(entity=entity.kind, version=copy.columns_version)
        before = tables.values_list("columns", flat=True).first()
        if before is None:
            return fields.unfilled(entity.columns, {})
        _unfilled_by_version[key] = fields.unfilled(entity.columns, before)
    return _unfilled_by_version[key]
