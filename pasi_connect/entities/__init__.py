"""The kinds of records that the engine knows. A new kind is a file here, and a line in `REGISTRY`.

The order is that of pulling: organizations, people, then what belongs to both. By its parents it is that of sending.
"""

from django.db.models import Model

from pasi_connect.entities import school, school_authority, school_enrolment, section, student
from pasi_connect.entities.definition import Entity
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
REGISTRY: tuple[Entity, ...] = (school_authority.ENTITY, school.ENTITY, student.ENTITY, SCHOOL_ENROLMENT, SECTION)


def _models(entity: Entity) -> list[type[Model]]:
    return [entity.copy, entity.sis.model] if entity.sis else [entity.copy]


# Asked for every record of every set.
_BY_KIND = {entity.kind: entity for entity in REGISTRY}
_BY_MODEL = {model: entity for entity in REGISTRY for model in _models(entity)}


def by_kind(kind: str) -> Entity:
    """Raises KeyError where no such kind is registered."""
    return _BY_KIND[kind]


def of(side: Model) -> Entity:
    """The kind of a SIS record or a local copy. Raises KeyError for anything else."""
    return _BY_MODEL[type(side)]


def by_notification(name: str) -> Entity | None:
    """By PASI's name of it, with or without a year behind it."""
    plain = name.partition(".")[0]
    return next((entity for entity in REGISTRY if entity.notification == plain), None)


def of_copy(model: type[LocalCopy]) -> Entity:
    return _BY_MODEL[model]


def written() -> tuple[Entity, ...]:
    """Those with a SIS record: compared, decided on, and sent where they can be."""
    return tuple(entity for entity in REGISTRY if entity.sis is not None)
