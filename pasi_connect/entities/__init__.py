"""The kinds of records that the engine knows. A new one is a file here and a line in `REGISTRY`; apps may add more.

The order is that of pulling: organizations, people, then what belongs to both. By its parents it is that of sending.
"""

from django.db.models import Model

from pasi_connect.entities import school, school_authority, school_enrolment, section, student
from pasi_connect.entities.definition import Entity
from pasi_connect.entities.registry import Registry
from pasi_connect.models.copies import LocalCopy

__all__ = [
    "REGISTRY",
    "SCHOOL_ENROLMENT",
    "SECTION",
    "Entity",
    "by_kind",
    "by_notification",
    "of",
    "of_copy",
    "written",
]

SCHOOL_ENROLMENT = school_enrolment.ENTITY
SECTION = section.ENTITY
REGISTRY = Registry((school_authority.ENTITY, school.ENTITY, student.ENTITY, SCHOOL_ENROLMENT, SECTION))


def by_kind(kind: str) -> Entity:
    """Raises KeyError where no such kind is registered."""
    return REGISTRY.by_kind[kind]


def of(side: Model) -> Entity:
    """The kind of a SIS record or a local copy. Raises KeyError for anything else."""
    return REGISTRY.by_model[type(side)]


def by_notification(name: str) -> Entity | None:
    """By PASI's name of it, with or without a year behind it."""
    return REGISTRY.by_notification.get(name.partition(".")[0])


def of_copy(model: type[LocalCopy]) -> Entity:
    return REGISTRY.by_model[model]


def written() -> tuple[Entity, ...]:
    """Those with a SIS record: compared, decided on, and sent where they can be."""
    return tuple(entity for entity in REGISTRY if entity.sis is not None)
