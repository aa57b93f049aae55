"""Reads. Each takes the person who asks: what lies outside their schools does not exist for them (404)."""

from typing import Any

from django.db.models import Q, QuerySet

from operations import rights
from operations.models import User
from reconciliation.models import Run
from reconciliation.rules.types import TYPES, Kind
from sis import selectors as sis
from sis.models import Student
from sis.rules import asn as asn_rules

PERMISSION = rights.to("run", "reconciliation")[0]


def runs(user: User) -> QuerySet[Run]:
    """Runs of the person's schools; one without a school is its maker's, and theirs who see all schools."""
    rows = Run.objects.select_related("job").prefetch_related("files")
    codes = sis.school_codes(user)
    if codes is None:
        return rows
    return rows.filter(Q(school_code__in=codes) | Q(school_code="", user=user))


def may_name(user: User, school_code: str) -> bool:
    """Whether the person may make a run of this school; it need not be one that the SIS knows."""
    codes = sis.school_codes(user)
    return codes is None or school_code in codes


def has_students(run: Run) -> bool:
    return TYPES[run.type].key[0].kind is Kind.ASN


def known_students(user: User, shown_asns: set[str]) -> dict[str, Student]:
    """The person's students by ASN as results write it, 1234-5678-9."""
    digits = {asn.replace("-", "") for asn in shown_asns}
    rows = sis.students(user).filter(asn__in=digits)
    return {asn_rules.with_hyphens(student.asn or ""): student for student in rows}


def asns_of(user: User, text: str, most: int) -> list[str]:
    """ASNs, as results write them, for what a person typed: the number itself, or their students of that name."""
    try:
        return [asn_rules.with_hyphens(asn_rules.normalize(text))]
    except ValueError:
        if not text.strip():
            return []
        asns: Any = sis.find_students(user, text).exclude(asn=None).exclude(asn="").values_list("asn", flat=True)
        return [asn_rules.with_hyphens(asn) for asn in asns[:most]]
