"""The kinds of records that the engine knows. A new kind is a file here, and a line in `REGISTRY`.

The order is that of pulling: organizations, people, then what belongs to both. By its parents it is that of sending.
"""

from pasi_connect.entities import school, school_authority, school_enrolment, student
from pasi_connect.entities.definition import Entity
from pasi_connect.models.copies import LocalCopy

__all__ = ["REGISTRY", "SCHOOL_ENROLMENT", "Entity", "by_kind", "by_notification", "of_copy", "written"]

SCHOOL_ENROLMENT = school_enrolment.ENTITY
REGISTRY: tuple[Entity, ...] = (school_authority.ENTITY, school.ENTITY, student.ENTITY, SCHOOL_ENROLMENT)


def by_kind(kind: str) -> Entity:
    """Raises KeyError where no such kind is registered."""
    return {entity.kind: entity for entity in REGISTRY}[kind]


def by_notification(name: str) -> Entity | None:
    """By PASI's name of it, with or without a year behind it."""
    plain = name.partition(".")[0]
    return next((entity for entity in REGISTRY if entity.notification == plain), None)


def of_copy(model: type[LocalCopy]) -> Entity:
    return next(entity for entity in REGISTRY if entity.copy is model)


def written() -> tuple[Entity, ...]:
    """Those with a SIS record: compared, decided on, and sent where they can be."""
    return tuple(entity for entity in REGISTRY if entity.sis is not None)
