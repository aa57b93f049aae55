"""Who sees which record. [Source: Is Data Available; Get Student School Enrolment; By Recent School Enrolment]

An organization sees the enrolments of its schools and those of students whom it is associated with By Recent School
Enrolment or better: a non-deleted enrolment at one of its schools that has not ended more than 12 months ago.
Schools and authorities are public. Every client may ask for a section, but is told only of those of its schools.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

from pasi_simulator.clients import Client, Organization
from pasi_simulator.clock import twelve_months_before
from pasi_simulator.state import RECORD_TYPES, Record

PRIMARY = "json_extract(document, '$.PrimaryStateProvinceId')"


def schools_clause(organization: Organization) -> tuple[str, list[str]]:
    """SQL that is true where column `school_code` names a school of the organization, and its parameters."""
    if organization.kind == "O":
        return "1 = 1", []
    if organization.kind == "S":
        return "school_code = ?", [organization.number]
    return (
        "school_code IN (SELECT key FROM records WHERE type = 'School' AND authority_code = ?)",
        [organization.number],
    )


def _associated_clause(organization: Organization, today: date) -> tuple[str, list[str]]:
    """SQL that is true for live enrolments which give the organization an association today."""
    own, values = schools_clause(organization)
    return (
        f"type = 'StudentSchoolEnrolment' AND deleted = 0 AND ends_on >= ? AND {own}",
        [twelve_months_before(today).isoformat(), *values],
    )


def visible_pairs(
    connection: sqlite3.Connection,
    organization: Organization,
    type_name: str,
    year: int | None,
    after: int,
    today: date,
) -> list[tuple[str, int]]:
    """Key and version of every visible record of a type above a version, lowest version first."""
    condition = "type = ? AND version > ?"
    values: list[str | int] = [type_name, after]
    if year is not None:
        condition += " AND school_year = ?"
        values.append(year)
    if RECORD_TYPES[type_name].told_to_owner:
        own, own_values = schools_clause(organization)
        condition += f" AND {own}"
        values += own_values
    if type_name in ("Student", "StudentSchoolEnrolment") and organization.kind != "O":
        associated, associated_values = _associated_clause(organization, today)
        scope, scope_values = f"asn IN (SELECT asn FROM records WHERE {associated})", associated_values
        if type_name == "Student":
            # A secondary ASN has no enrolments left; it is told with its primary (Managing Alberta Student Numbers).
            scope = f"({scope} OR {PRIMARY} IN (SELECT asn FROM records WHERE {associated}))"
            scope_values = [*associated_values, *associated_values]
        if type_name == "StudentSchoolEnrolment":
            own, own_values = schools_clause(organization)
            scope, scope_values = f"({own} OR {scope})", [*own_values, *scope_values]
        condition += f" AND {scope}"
        values += scope_values
    return connection.execute(
        f"SELECT key, version FROM records WHERE {condition} ORDER BY version", values
    ).fetchall()  # fmt: skip


def may_see(connection: sqlite3.Connection, organization: Organization, record: Record, today: date) -> bool:
    if RECORD_TYPES[record.type].open or organization.kind == "O":
        return True
    if record.type == "StudentSchoolEnrolment" and owns_school(
        connection, organization, record.document.get("SchoolCode")
    ):
        return True
    associated, values = _associated_clause(organization, today)
    asn = record.document.get("StateProvinceId")
    if record.type == "Student":
        asn = record.document.get("PrimaryStateProvinceId") or asn
    rows = connection.execute(f"SELECT 1 FROM records WHERE asn = ? AND {associated} LIMIT 1", (asn, *values))
    return rows.fetchone() is not None


def owns_school(connection: sqlite3.Connection, organization: Organization, school_code: Any) -> bool:
    """The school itself, the authority that it reports to, or the ministry."""
    if organization.kind == "O":
        return True
    if organization.kind == "S":
        return bool(organization.number == school_code)
    return _authority_of(connection, school_code) == organization.number


def may_act_for(connection: sqlite3.Connection, client: Client, code: str) -> bool:
    """An organization that the client represents, or a school that reports to an authority it represents."""
    if code in client.organizations:
        return True
    organization = Organization(code)
    if not code.startswith("S."):
        return False
    authority = _authority_of(connection, organization.number)
    return authority is not None and f"A.{authority}" in client.organizations


def _authority_of(connection: sqlite3.Connection, school_code: Any) -> str | None:
    row = connection.execute(
        "SELECT authority_code FROM records WHERE type = 'School' AND key = ?", (school_code,)
    ).fetchone()
    return row[0] if row else None
