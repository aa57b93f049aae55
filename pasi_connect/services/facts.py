"""What PASI reports about the students and schools of records: the basis for predicting its refusals."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Subquery

from operations.statements import Parameter, Query
from pasi_connect import entities
from pasi_connect.models import SchoolCopy, StudentCopy
from pasi_connect.rules.pasi import SchoolFacts, StudentFacts
from sis.models import Authority


@dataclass(frozen=True)
class Facts:
    """`people` by ASN; `foreign`: codes of our schools that PASI says belong to another authority."""

    people: Mapping[str, StudentCopy]
    foreign: frozenset[str]

    def refused(self, record: Any, ours: Mapping[str, Any]) -> str:
        """The rule by which PASI would refuse the SIS record, "" for none; `ours` as it would go out."""
        entity = entities.of(record)
        if entity.refused is None:
            return ""
        asn, code = entity.asn_of(record), entity.school_code(record)
        person_facts = StudentFacts()
        if asn and (person := self.people.get(asn)) is not None:
            primary = "" if person.primary_asn == asn else person.primary_asn
            person_facts = StudentFacts(deactivated=person.is_deactivated, primary_asn=primary)
        school = SchoolFacts(code, may_write=code not in self.foreign)
        return entity.refused(ours, person_facts, school, entity.year_of(record))


def of(record: Any) -> Facts:
    """For one SIS record."""
    entity = entities.of(record)
    asn, code = entity.asn_of(record), entity.school_code(record)
    person = _person.first(asn=asn) if asn else None
    foreign = frozenset() if not code or _foreign.first(code=code) is None else frozenset({code})
    return Facts({asn: person} if asn and person else {}, foreign)


def of_all(records: Collection[Any]) -> Facts:
    """For a set of SIS records of one kind, in two queries."""
    kinds = [(entities.of(record), record) for record in records]
    asns = {asn for entity, record in kinds if (asn := entity.asn_of(record))}
    codes = {code for entity, record in kinds if (code := entity.school_code(record))}
    people = StudentCopy.objects.filter(asn__in=asns, vanished_at=None).defer("document")
    return Facts(
        {person.asn: person for person in people},
        frozenset(_foreign_schools().filter(code__in=codes).values_list("code", flat=True)),
    )


def _foreign_schools() -> QuerySet[SchoolCopy]:
    ours = Subquery(Authority.objects.values("code")[:1])
    return SchoolCopy.objects.filter(vanished_at=None).exclude(authority_code__in=["", ours]).defer("document")


_foreign = Query(lambda: _foreign_schools().filter(code=Parameter("code", SchoolCopy._meta.get_field("code")))[:1])
_person = Query(
    lambda: StudentCopy.objects.filter(
        asn=Parameter("asn", StudentCopy._meta.get_field("asn")), vanished_at=None
    ).defer("document")[:1]
)
