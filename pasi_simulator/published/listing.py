"""The published things beside the simulator's own tables: what is simulated is read there, never typed here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pasi_simulator.clock import real_today
from pasi_simulator.codes import FIXED, school_year_types
from pasi_simulator.contract import Contract
from pasi_simulator.faults import TEXTS
from pasi_simulator.operations import SERVICES as RUNNING
from pasi_simulator.operations.notifications import BY_SCHOOL_YEAR
from pasi_simulator.published import academic, exams, families, numbers, others, services
from pasi_simulator.published.rows import NOT, NOT_SEEN, PARTLY, SIMULATED, Entity, Number, Row, Section
from pasi_simulator.rules import identification, section
from pasi_simulator.rules.case import Rule
from pasi_simulator.rules.enrolment import REJECTIONS
from pasi_simulator.rules.extended import KEYS, LIST_NAME
from pasi_simulator.state import RECORD_TYPES

SERVICES = (*services.SERVICES, *families.SERVICES)
ENTITIES = (*services.ENTITIES, *families.ENTITIES)
CODE_CLASSES = (*services.CODE_CLASSES, *families.CODE_CLASSES)
# Where rules whose number is ours are listed, and the rules.
OWN_TABLES: tuple[tuple[tuple[Number, ...], tuple[Rule[Any], ...]], ...] = (
    (numbers.ENROLMENT_REJECTIONS, REJECTIONS),
    (academic.SECTIONS, section.REJECTIONS),
    *((numbers.STUDENT_PARTS, table) for table in identification.TABLES),
)
OWN_RULES = {rule.number: rule for _place, table in reversed(OWN_TABLES) for rule in table}
NUMBER_SECTIONS: tuple[tuple[str, str, tuple[Number, ...]], ...] = (
    ("Faults", "They end a call; the usual answer does not come.", numbers.FAULTS),
    ("Common rejections", "Rules that many services share.", numbers.COMMON),
    ("Rejections of school enrolments",
     "The published list of this service is not complete. Rows whose number is INFERRED are rules of the pages for which"
     " no number is to be found.", numbers.ENROLMENT_REJECTIONS),
    ("Core alerts of school enrolments", "Given after saving by a status processor.", numbers.ENROLMENT_ALERTS),
    ("Further rules of school enrolments", "Found on pages of their own.", numbers.MORE_ENROLMENT),
    ("Rejections of student data", "Creating, changing and linking students.", numbers.STUDENT_REJECTIONS),
    ("Rejections of student parts", "Names, addresses, phone numbers, citizenship, restrictions, guardians.",
     numbers.STUDENT_PARTS),
    ("Core alerts of students", "Given after saving by a status processor.", numbers.STUDENT_ALERTS),
    ("Acknowledging core alerts", "Their words were not seen.", numbers.ACKNOWLEDGEMENT),
    ("Responsible schools", "Rejections and core alerts.", others.RESPONSIBLE_SCHOOLS),
    ("Classroom accommodations", "Rejections and core alerts.", others.ACCOMMODATIONS),
    ("Student documents", "Rejections, core alerts and what a batch is checked for.", others.DOCUMENTS),
    ("Sections", "Rejections and core alerts.", academic.SECTIONS),
    ("Rejections of course enrolments", "With what PASIprep's screens check.", academic.COURSE_ENROLMENT_REJECTIONS),
    ("Core alerts of course enrolments", "Given after saving by a status processor.",
     academic.COURSE_ENROLMENT_ALERTS),
    ("Evaluated marks", "Rejections and core alerts.", academic.EVALUATED_MARKS),
    ("Marks and their approval", "Rules that several kinds of marks share.", academic.SHARED_MARKS),
    ("Diploma exams and sittings", "Rejections.", exams.EXAMS_AND_SITTINGS),
    ("Diploma exam marks and registrations", "With myPass, bulk registration and weights.", exams.EXAM_MARKS),
    ("Home education, myPass and PASIprep", "What belongs to none of the sections above.",
     others.HOME_EDUCATION_AND_SCREENS),
)  # fmt: skip


def sections(contract: Contract) -> tuple[Section, ...]:
    """The whole list in the order in which it is read. Pure apart from today, which names the school years."""
    return (
        Section(
            "Services",
            "Operations of the end point of 2020, and of older ones where they are called so.",
            tuple(_services(contract)),
        ),
        Section("Entities", "What services carry.", tuple(_entity(entity, contract) for entity in ENTITIES)),
        Section("Manners", "How PASI behaves in synchronization and access.", tuple(_manners())),
        Section("Code classes", "Values that GetCodeValues gives.", tuple(_code_classes())),
        *(Section(title, text, tuple(_numbers(rows))) for title, text, rows in NUMBER_SECTIONS),
    )


def _state(exists: bool, lacks: str) -> str:
    if not exists:
        return NOT
    return PARTLY if lacks else SIMULATED


def _services(contract: Contract) -> Iterable[Row]:
    states = {entity.name: _entity(entity, contract) for entity in ENTITIES}
    for service in SERVICES:
        running = RUNNING.get(service.name)
        lacks = [service.lacks] if service.lacks else []
        if service.entity and states[service.entity].state == PARTLY:
            lacks.append(f"what {service.entity} lacks")
        what = f"{service.what}; role {running.role}" if running else service.what
        lack = "; ".join(lacks)
        yield Row(service.name, what, _state(running is not None, lack), lack, service.source, service.inferred)


def _entity(entity: Entity, contract: Contract) -> Row:
    held = _members(entity.type_name, contract)
    missing = [member for member in entity.members if member not in held]
    lacks = "; ".join(part for part in (entity.lacks, ", ".join(missing)) if part)
    what = ""
    if entity.name in RECORD_TYPES:
        what = f"notified as {entity.name}{'.YYYY' if entity.name in BY_SCHOOL_YEAR else ''}"
    return Row(entity.name, what, _state(bool(held), lacks), lacks if held else "", entity.source, entity.inferred)


def _members(type_name: str, contract: Contract) -> set[str]:
    if type_name == LIST_NAME:
        return set(KEYS)
    record_type = contract.by_name.get(type_name)
    return {member.name for member in record_type.members} if record_type else set()


def _manners() -> Iterable[Row]:
    for manner in services.MANNERS:
        state = _state(bool(manner.where), manner.lacks)
        yield Row(manner.name, manner.where, state, manner.lacks, manner.source, manner.inferred)


def _code_classes() -> Iterable[Row]:
    codes = (*FIXED, *school_year_types(real_today()))
    for published in CODE_CLASSES:
        own = [code for code in codes if code.code_class == published.name]
        ours = sum(code.inferred for code in own)
        what = f"{len(own)} values" if own else ""
        inferred = f"{ours} of {len(own)} values or their words" if ours else ""
        yield Row(published.name, what, _state(bool(own), ""), "", published.source, inferred)


def _numbers(published: Sequence[Number]) -> Iterable[Row]:
    """Every published number, and after the rejections of a service those whose number is ours."""
    for number in published:
        rule = OWN_RULES.get(number.number)
        words = rule.title if rule else TEXTS.get(number.number, "")
        inferred = "; ".join(part for part in (number.inferred, rule.inferred if rule else "") if part)
        lacks = "; ".join(part for part in (number.lacks, rule.lacks if rule else "") if part)
        state = _state(bool(words), lacks)
        source = rule.source if rule else number.source
        yield Row(number.number, words or number.title or NOT_SEEN, state, lacks, source, inferred)
    listed_numbers = {number.number for _, _, rows in NUMBER_SECTIONS for number in rows}
    for rule in (rule for place, table in OWN_TABLES if place is published for rule in table):
        if rule.number not in listed_numbers:
            yield Row(rule.number, rule.title, SIMULATED, "", rule.source, rule.inferred)
