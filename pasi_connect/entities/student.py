"""The identity of students, both ways: legal name, birth date and document as one part, the preferred name as another.

Sources: Student; StudentInfo (V2018); Submit Identification Information; Submit Name; Submit Preferred Name. Both parts share the
student's version: the second is sent over the version that PASI answered the first with.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from pasi_connect.entities.definition import AggregatePart, Entity, Get, Message, Show, Sis
from pasi_connect.entities.shapes import SELF
from pasi_connect.models.copies import StudentCopy
from pasi_connect.rules import pasi, student
from pasi_connect.rules.fields import Direction, Field, Type
from sis import selectors
from sis.models import Student
from sis.services import students

IDENTIFICATION, PREFERRED_NAME = "identification", "preferred_name"
NOT_OURS = ("Gender", "NameRefId", "EffectiveUtc")  # members of PASI's record that its submit does not take
NAME = ("FirstName", "MiddleName", "LastName", "Suffix")
ALIAS = "Alias"
Document = Mapping[str, Any]


def _head(document: Document) -> dict[str, Any]:
    return {
        "StateProvinceId": document["StateProvinceId"],
        "StudentPASICoreVersion": document["PASICoreVersion"],
    }


def _identification(before: Document, document: Document) -> Message:
    record = {name: value for name, value in document["IdentificationRecord"].items() if name not in NOT_OURS}
    record.setdefault("RefId", 0)
    return Message(
        "SubmitIdentificationInformation",
        {**_head(before), "NewIdentificationInformation": record},
        str(record["RefId"]),
    )


def _preferred_name(before: Document, document: Document) -> Message:
    """A name that the student has in PASI is pointed at, the legal one where there is none to prefer; another one is added."""
    wanted = _name(document.get("PreferredName"))
    if there := _ref_id(before, wanted):
        return Message("SubmitPreferredName", {**_head(before), "PreferredNameRefId": there}, str(there))
    added = {**wanted, "RefId": 0, "Type": ALIAS, "IsNameExact": True}
    return Message("SubmitName", {**_head(before), "NewName": added, "IsPreferred": True, "DeleteName": False}, "0")


def _ref_id(document: Document, wanted: Mapping[str, str]) -> int | None:
    """Of the student's name that is so, the legal one where none is preferred; None where PASI has no such name."""
    if not wanted:
        own: int | None = (document.get("IdentificationRecord") or {}).get("NameRefId")
        return own
    live = [name for name in document.get("StudentNames") or () if not name.get("IsDeleted")]
    return next((name["RefId"] for name in live if _name(name) == wanted), None)


def _preferred_item(document: Document) -> str:
    chosen = document.get("PreferredNameRefId") or _ref_id(document, _name(document.get("PreferredName")))
    return str(chosen or "")


def _with_preferred_name(document: Document, item: str) -> dict[str, Any]:
    """The student as PASI holds them after its answer: a name that was added stands among the names, with its RefId."""
    chosen, name = int(item), _name(document.get("PreferredName"))
    names = list(document.get("StudentNames") or ())
    if name and all(one["RefId"] != chosen for one in names):
        names.append({**name, "RefId": chosen, "Type": ALIAS, "IsNameExact": True})
    return {**document, "StudentNames": names, "PreferredNameRefId": chosen}


def _name(record: Document | None) -> dict[str, str]:
    return {member: record[member] for member in NAME if record and record.get(member)}


ENTITY = Entity(
    kind="student",
    notification="Student",
    key="StateProvinceId",
    copy=StudentCopy,
    get=Get("GetStudent", "StateProvinceIds", "Student"),
    parts=(
        AggregatePart(
            IDENTIFICATION,
            gettext_lazy("Legal name and identification"),
            _identification,
            ("SubmitIdentificationInformation",),
            item=lambda document: str((document.get("IdentificationRecord") or {}).get("RefId") or ""),
        ),
        AggregatePart(
            PREFERRED_NAME,
            gettext_lazy("Preferred name"),
            _preferred_name,
            ("SubmitPreferredName", "SubmitName"),
            item=_preferred_item,
            answered=_with_preferred_name,
        ),
    ),
    sis=Sis(
        Student,
        create=None,
        change=students.change,
        change_many=students.change_many,
        student=SELF,
        year="",
        setting="student_identity",
        key="asn",
        schools=selectors.schools_of_students,
        at=selectors.students_at,
    ),
    show=Show(
        gettext_lazy("Student identity"),
        title=lambda record: record.name,
        list_title=lambda record: record.listed_name,
        page="sis:student",
        page_of="pk",
        page_label=gettext_lazy("student page"),
        edit="pasi_connect:identification",
        edit_label=gettext_lazy("Edit name and identification"),
    ),
    broken=lambda record, _year: student.broken(record),
    rule=student.rule,
    refused=lambda _record, person, _school, _year: pasi.refused_for_student(person),
    fields=(
        Field("legal_first_name", "IdentificationRecord/FirstName", part=IDENTIFICATION),
        Field("legal_middle_name", "IdentificationRecord/MiddleName", part=IDENTIFICATION),
        Field("legal_last_name", "IdentificationRecord/LastName", part=IDENTIFICATION),
        Field("legal_suffix", "IdentificationRecord/Suffix", part=IDENTIFICATION),
        Field("legal_name_exact", "IdentificationRecord/IsNameExact", Type.FLAG, part=IDENTIFICATION),
        Field("birth_date", "IdentificationRecord/BirthDate", Type.DAY, part=IDENTIFICATION),
        Field(
            "identity_document_type",
            "IdentificationRecord/DocumentType",
            Type.CODE,
            code_class="SourceDocumentType",
            spoken=True,
            part=IDENTIFICATION,
        ),
        Field("identity_document_issued", "IdentificationRecord/DocumentIssueDate", Type.DAY, part=IDENTIFICATION),
        Field("identity_document_number", "IdentificationRecord/DocumentNumber", part=IDENTIFICATION),
        Field("preferred_first_name", "PreferredName/FirstName", part=PREFERRED_NAME),
        Field("preferred_middle_name", "PreferredName/MiddleName", part=PREFERRED_NAME),
        Field("preferred_last_name", "PreferredName/LastName", part=PREFERRED_NAME),
        Field("preferred_suffix", "PreferredName/Suffix", part=PREFERRED_NAME),
        # Which number this is, and what has become of it; its gender is not ours to send.
        Field("primary_asn", "PrimaryStateProvinceId", direction=Direction.FROM_PASI),
        Field("is_deactivated", "IsDeactivated", Type.FLAG, direction=Direction.FROM_PASI),
        Field("gender", "IdentificationRecord/Gender", direction=Direction.FROM_PASI),
    ),
)
