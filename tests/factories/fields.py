"""A database as the release leaves it that adds a field: the records were there before its columns were."""

from dataclasses import replace

from pasi_connect.entities import SCHOOL_ENROLMENT, Entity
from pasi_connect.models import EnrolmentCopy, FieldTable, Link
from sis.models import SchoolEnrolment

BEFORE = "of before"


def without(name: str) -> Entity:
    """School enrolments as they were before they had the field."""
    fields = tuple(field for field in SCHOOL_ENROLMENT.fields if field.name != name)
    return replace(SCHOOL_ENROLMENT, fields=fields)


def kept_table(entity: Entity) -> int:
    """Its table, as the tick of that release has kept it. Gives the version."""
    FieldTable.objects.get_or_create(
        entity=entity.kind, version=entity.columns_version, defaults={"columns": entity.columns}
    )
    return entity.columns_version


def field_added(name: str) -> None:
    """The columns of the field are new and empty on both sides; PASI has held it all along, and the documents have it."""
    empty = SCHOOL_ENROLMENT.empty[name]
    version = kept_table(without(name))
    SchoolEnrolment.objects.update(**{name: empty})
    EnrolmentCopy.objects.update(**{name: empty}, columns_version=version, digest=BEFORE)
    for link in Link.objects.exclude(agreed=None):
        link.agreed = {one: value for one, value in link.agreed.items() if one != name}
        link.agreed_digest = BEFORE if link.agreed_digest else ""
        link.save()
