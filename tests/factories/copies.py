"""Records as PASI tells them, stored by the product itself: what stands in the columns stands in the document too.

Values are given by the names of the columns; what is not named PASI does not say.
"""

from typing import Any
from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from pasi_connect import entities
from pasi_connect.entities import Entity, mapping
from pasi_connect.models import AuthorityCopy, EnrolmentCopy, LocalCopy, SchoolCopy, SectionCopy, StudentCopy
from pasi_connect.rules.fields import Direction
from pasi_connect.services.pull import copies
from sis.rules.school_year import SchoolYear
from tests.factories.students import this_year


def document_of(entity: Entity, values: dict[str, Any], version: int) -> dict[str, Any]:
    """PASI's record with these columns, by the entity's table."""
    key = entity.copy.key_field
    document = {entity.key: values[key], "PASICoreVersion": version}
    for part in entity.identity:
        value = values.get(part.column)
        if part.column != key and value:
            document[part.member] = value.ending if isinstance(value, SchoolYear) else value
    both = [field.name for field in entity.compared_fields if field.name in values]
    for field in entity.exchanged:
        outer, _slash, inner = field.member.partition("/")
        if field.name not in values or (field.direction == Direction.BOTH and not inner):
            continue
        if inner:
            document.setdefault(outer, {})[inner] = values[field.name]
        else:
            document[outer] = values[field.name]
    plain = [name for name in both if "/" not in entity.by_name[name].member]
    return mapping.lay_on(entity, document, values, plain)


class CopyFactory(DjangoModelFactory):
    """`core_version` is PASI's."""

    class Meta:
        abstract = True

    core_version = 10

    @classmethod
    def _create(cls, model_class: type[LocalCopy], *args: Any, **values: Any) -> LocalCopy:
        entity, version = entities.of_copy(model_class), values.pop("core_version")
        document = document_of(entity, values, version)
        copies.store(model_class, [copies.Received(document, copies.to_xml(document, entity))])
        return model_class._default_manager.get(**{model_class.key_field: values[model_class.key_field]})


class AuthorityCopyFactory(CopyFactory):
    class Meta:
        model = AuthorityCopy

    code = factory.Sequence(lambda n: f"{5000 + n:04d}")
    name = factory.LazyAttribute(lambda copy: f"Lantern School Division {copy.code}")
    is_active = True


class SchoolCopyFactory(CopyFactory):
    class Meta:
        model = SchoolCopy

    code = factory.Sequence(lambda n: f"{6000 + n:04d}")
    name = factory.LazyAttribute(lambda copy: f"Lantern School {copy.code}")
    authority_code = "1750"
    is_active = True


class StudentCopyFactory(CopyFactory):
    class Meta:
        model = StudentCopy

    asn = factory.Sequence(lambda n: f"{800000000 + n}")
    primary_asn = factory.SelfAttribute("asn")
    is_deactivated = False
    legal_first_name = "Ines"
    legal_last_name = factory.Sequence(lambda n: f"Varga {n}")


class EnrolmentCopyFactory(CopyFactory):
    """A Regular/Day enrolment of the current school year, which no SIS record is linked to."""

    class Meta:
        model = EnrolmentCopy

    key = factory.LazyFunction(lambda: str(uuid4()))
    asn = factory.Sequence(lambda n: f"{810000000 + n}")
    school_code = "4101"
    school_year = factory.LazyFunction(this_year)
    grade = "08"
    start_date = factory.LazyAttribute(lambda copy: copy.school_year.first_day)
    exit_date = factory.LazyAttribute(lambda copy: copy.school_year.last_day)
    exit_date_type = "CompletionDate"
    programming_type = "Regular"
    programming_timeframe = "Day"
    deleted = False
    updated_by = "Data load"
    updated_by_organization = "A.1750"


class SectionCopyFactory(CopyFactory):
    """A section of the current school year, which no SIS record is linked to."""

    class Meta:
        model = SectionCopy

    key = factory.LazyFunction(lambda: str(uuid4()))
    school_code = "4101"
    school_year = factory.LazyFunction(this_year)
    course_codes = "MAT3791"
    start_date = factory.LazyAttribute(lambda copy: copy.school_year.first_day)
    end_date = factory.LazyAttribute(lambda copy: copy.school_year.last_day)
    term_code = "FY"
    delivery = "REG"
    schedule = "REG"
    language = "EN"
    credits_offered = 5
    local_section_id = factory.Sequence(lambda n: f"{n}")
    deleted = False
    updated_by = "Data load"
    updated_by_organization = "A.1750"
