"""Who may do what: one table of verbs by family of records, with the permissions that open each and the roles that begin with them.

Permissions carry the names that users know from the host system (Set Up PASI Direct Connect Plugin Security Permissions).
Permissions, roles, doors of pages and of the API, jobs and the page of roles read it; the guide's table is compared with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from operations.rules.words import gettext_noop

REGISTRAR, OFFICER, ADMINISTRATOR = (
    gettext_noop("Registrar"),
    gettext_noop("District officer"),
    gettext_noop("Administrator"),
)
ROLES = (REGISTRAR, OFFICER, ADMINISTRATOR)


@dataclass(frozen=True)
class Permission:
    """`roles` have it at first; an administrator may change that. It cannot be used without those that it `needs`."""

    codename: str
    label: str
    roles: tuple[str, ...]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One of the permissions `any_of` opens what the verb does with the family."""

    verb: str
    family: str
    any_of: tuple[str, ...]


RECORDS, SYNCHRONIZATION = "view_records", "view_synchronization"
VIEWS = (RECORDS, SYNCHRONIZATION)
# In the order of the page.
PERMISSIONS = (
    Permission(RECORDS, gettext_noop("View records: students, enrolments, courses and marks of own schools"), ROLES),
    Permission(
        SYNCHRONIZATION,
        gettext_noop("View synchronization: changes, submissions, exchanges and jobs of own schools"),
        ROLES,
    ),
    Permission("find", gettext_noop("Find: look up students"), ROLES, (RECORDS,)),
    Permission(
        "edit_records",
        gettext_noop("Edit records: students, enrolments, courses and sections of own schools"),
        (REGISTRAR, OFFICER),
        (RECORDS,),
    ),
    Permission(
        "core_alerts",
        gettext_noop("Core Alerts: decide on changes from PASI, manage alerts"),
        (REGISTRAR, OFFICER),
        VIEWS,
    ),
    Permission("setup", gettext_noop("Setup: connection, certificate, settings"), (OFFICER, ADMINISTRATOR)),
    Permission("synchronization", gettext_noop("Synchronization: send again, cancel, force-send"), (OFFICER,), VIEWS),
    Permission("all_schools", gettext_noop("All schools of the authority"), (OFFICER, ADMINISTRATOR)),
    Permission("approve", gettext_noop("Approve what the guard stopped"), (OFFICER,), VIEWS),
    Permission("year_end", gettext_noop("Year end: close concurrent enrolments"), (OFFICER,), (RECORDS,)),
    Permission(
        "load",
        gettext_noop("Load: add and change records from another system, at all schools"),
        (OFFICER,),
        (RECORDS, "all_schools"),
    ),
    Permission("reconciliation", gettext_noop("Reconciliation of PASIprep exports"), (OFFICER,)),
    Permission("people", gettext_noop("Users, roles and tokens"), (ADMINISTRATOR,)),
    Permission("certificates", gettext_noop("Certificates"), (ADMINISTRATOR,)),
    Permission("read_access", gettext_noop("Access: see who has read which student"), (ADMINISTRATOR,), (RECORDS,)),
)
# Whoever can start a job can stop their own.
_STARTERS = ("core_alerts", "edit_records", "year_end", "load", "reconciliation")
_RECORDS = ("student", "school_enrolment", "section", "course_enrolment", "stored_grade")
# Mark approval ("approve" of a mark family), documents ("view" and "edit" of documents) and creating in PASI get their rows here.
TABLE = (
    *(Row("view", family, (RECORDS,)) for family in (*_RECORDS, "course", "school")),
    Row("find", "student", ("find",)),
    *(
        Row("edit", family, ("edit_records",))
        for family in ("student", "school_enrolment", "section", "course_enrolment")
    ),
    Row("act", "school_enrolment", ("edit_records",)),
    Row("force", "school_enrolment", ("synchronization",)),
    Row("confirm", "historical_record", ("synchronization", "core_alerts")),
    *(Row("view", family, (SYNCHRONIZATION,)) for family in ("change", "submission", "exchange", "action", "failure")),
    Row("decide", "change", ("core_alerts",)),
    Row("send", "submission", ("synchronization", "core_alerts")),
    Row("undo", "action", ("core_alerts", "edit_records", "year_end")),
    Row("view", "notice", (SYNCHRONIZATION, "certificates", "setup", "people")),
    Row("view", "job", (SYNCHRONIZATION, "approve", *_STARTERS)),
    Row("stop", "job", _STARTERS),
    Row("approve", "job", ("approve", "year_end")),
    Row("view", "guard", ("approve", "setup")),
    Row("approve", "guard", ("approve",)),
    Row("run", "exit_code", ("edit_records",)),
    Row("run", "year_end", ("year_end",)),
    Row("run", "load", ("load",)),
    Row("run", "reconciliation", ("reconciliation",)),
    Row("view", "connection", (SYNCHRONIZATION, "setup", "certificates")),
    Row("view", "error", ("setup", "certificates")),
    Row("set_up", "connection", ("setup", "certificates")),
    Row("set_up", "settings", ("setup",)),
    Row("set_up", "school", ("setup",)),
    Row("set_up", "term", ("setup",)),
    Row("manage", "user", ("people",)),
    Row("view", "access", ("read_access",)),
)
VERBS = {
    "view": gettext_noop("view"),
    "find": gettext_noop("find in PASI"),
    "edit": gettext_noop("edit"),
    "act": gettext_noop("guided actions"),
    "decide": gettext_noop("decide"),
    "send": gettext_noop("send again or cancel"),
    "force": gettext_noop("force-send"),
    "confirm": gettext_noop("confirm"),
    "undo": gettext_noop("undo"),
    "stop": gettext_noop("stop and resume their own"),
    "approve": gettext_noop("approve"),
    "run": gettext_noop("run"),
    "set_up": gettext_noop("set up"),
    "manage": gettext_noop("manage"),
}
FAMILIES = {
    "student": gettext_noop("Students"),
    "school_enrolment": gettext_noop("School enrolments"),
    "section": gettext_noop("Sections"),
    "term": gettext_noop("Terms"),
    "course_enrolment": gettext_noop("Course enrolments"),
    "stored_grade": gettext_noop("Stored grades"),
    "course": gettext_noop("Courses"),
    "school": gettext_noop("Schools"),
    "historical_record": gettext_noop("Records of earlier years"),
    "change": gettext_noop("Changes from PASI"),
    "submission": gettext_noop("Submissions"),
    "exchange": gettext_noop("Exchanges with PASI"),
    "action": gettext_noop("Decisions and actions"),
    "failure": gettext_noop("Failed records"),
    "notice": gettext_noop("Notices"),
    "job": gettext_noop("Jobs"),
    "guard": gettext_noop("What the guard stopped"),
    "exit_code": gettext_noop("Exit codes in bulk"),
    "year_end": gettext_noop("Year end"),
    "load": gettext_noop("Data loads"),
    "reconciliation": gettext_noop("Reconciliation"),
    "error": gettext_noop("Errors"),
    "connection": gettext_noop("Connection and certificate"),
    "settings": gettext_noop("Settings"),
    "user": gettext_noop("Users, roles and tokens"),
    "access": gettext_noop("Who has read which student"),
}
_BY_VERB_AND_FAMILY = {(row.verb, row.family): row for row in TABLE}
_BY_CODENAME = {permission.codename: permission for permission in PERMISSIONS}


def to(verb: str, family: str) -> tuple[str, ...]:
    """The permissions of which one is enough. Raises KeyError for what stands not in the table."""
    return _BY_VERB_AND_FAMILY[verb, family].any_of


def of_role(role: str) -> tuple[str, ...]:
    """What a role has at first."""
    return tuple(permission.codename for permission in PERMISSIONS if role in permission.roles)


def verbs_of(codenames: Iterable[str], family: str) -> tuple[str, ...]:
    """What whoever has these permissions may do with a family, in the order of the verbs."""
    names = set(codenames)
    return tuple(verb for verb in VERBS if (row := _BY_VERB_AND_FAMILY.get((verb, family))) and names & set(row.any_of))


def with_needed(codenames: Iterable[str]) -> set[str]:
    """The permissions of a role, with those that they cannot be used without."""
    names = set(codenames)
    return names.union(*(_BY_CODENAME[name].needs for name in names if name in _BY_CODENAME))
