"""School enrolments: one stay of a student at one school in one school year, both ways.

Sources: Student School Enrolment (business object); ExtendedSchoolEnrolmentInfo (V2019).
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.actor import Actor
from pasi_connect.entities.definition import Entity, Get, Part, Show, Sis, Submit
from pasi_connect.models.copies import EnrolmentCopy
from pasi_connect.rules import pasi, school_enrolment
from pasi_connect.rules.fields import Direction, Field, Type
from sis.models import CourseEnrolment, SchoolEnrolment
from sis.rules import holding
from sis.rules.school_year import SchoolYear
from sis.services import enrolments

SPAN = ("start_date", "exit_date")
SENTENCES = {  # of the page of one change
    "created": gettext_lazy("PASI has an enrolment that the SIS does not have."),
    "missing": gettext_lazy("The SIS has this enrolment; PASI does not."),
    "deleted": gettext_lazy("This enrolment was deleted in PASI. The SIS still has it."),
    "restored": gettext_lazy("This enrolment was restored in PASI. It is deleted in the SIS."),
    "delete_there": gettext_lazy("To PASI: one submission that deletes the enrolment. It stays deleted here."),
    "enter_here": gettext_lazy("Here: the enrolment is entered with PASI's values. Nothing is sent."),
    "restore_there": gettext_lazy("To PASI: one submission that restores the enrolment."),
    "delete_here": gettext_lazy("Here: the enrolment is marked as deleted. Nothing is sent."),
    "delete_again": gettext_lazy("To PASI: one submission that deletes the enrolment."),
    "restore_here": gettext_lazy("Here: the enrolment is active again. Nothing is sent."),
    "send_whole": gettext_lazy("To PASI: one submission with the whole enrolment."),
}


def _create(actor: Actor, whose: Mapping[str, Any], values: Mapping[str, Any], **how: Any) -> SchoolEnrolment:
    return enrolments.create(actor, whose["student"], whose["school"], whose["school_year"], values, **how)


def _with_courses(ids: Collection[int]) -> dict[int, str]:
    rows = CourseEnrolment.objects.filter(enrolment__in=ids).values_list("enrolment_id", flat=True)
    return dict.fromkeys(rows, _("The enrolment now has courses. Delete the enrolment instead."))


def _nearest(theirs: Mapping[str, Any], year: SchoolYear) -> dict[str, Any]:
    return holding.nearest(theirs, enrolments.MOST, year.first_day, year.last_day)


ENTITY = Entity(
    kind="school_enrolment",
    notification="StudentSchoolEnrolment",
    key="RefId",
    key_is_ref_id=True,
    copy=EnrolmentCopy,
    by_year=True,
    get=Get("GetStudentSchoolEnrolment", "RefIds", "StudentSchoolEnrolment", key="RefId"),
    submit=Submit(
        "SubmitStudentSchoolEnrolment",
        "StudentSchoolEnrolment",
        list_member="ExtendedSchoolEnrolmentInfo",
        list_name="SISV1",
    ),
    sis=Sis(
        SchoolEnrolment,
        create=_create,
        change=enrolments.change,
        change_many=enrolments.change_many,
        twins=enrolments.twins,
        needed=_with_courses,
        nearest=_nearest,
        related=("student", "school"),
    ),
    rule=lambda key: school_enrolment.rule(enrolments.CODES, key),
    broken=lambda record, year: school_enrolment.broken(SPAN, enrolments.CODES, record, year),
    show=Show(
        gettext_lazy("School enrolment"),
        title=lambda record: record.student.name,
        list_title=lambda record: record.student.listed_name,
        page="sis:student",
        page_of="student_id",
        page_label=gettext_lazy("student page"),
        edit="pasi_connect:enrolment",
        edit_label=gettext_lazy("Edit the enrolment"),
        in_pasiprep=True,
        sentences=SENTENCES,
    ),
    refused=lambda record, person, school, year: pasi.refused({**record, "school_year": year}, person, school, year),
    span=SPAN,
    identity=(
        Part("asn", "asn", "StateProvinceId", "student__asn"),
        Part("school", "school_code", "SchoolCode", "school__code"),
        Part("school_year", "school_year", "SchoolYear", "school_year", Type.YEAR),
    ),
    fields=(
        Field("grade", "Grade", Type.CODE, code_class="Grade", carried=True, judged=True),
        Field("start_date", "RegistrationStartDate", Type.DAY, judged=True),
        Field("exit_date", "RegistrationExitDate", Type.DAY, judged=True),
        Field("exit_date_type", "ExitDateType"),
        Field(
            "programming_type",
            "ProgrammingType",
            Type.CODE,
            code_class="ProgrammingType",
            spoken=True,
            carried=True,
            judged=True,
        ),
        Field(
            "programming_timeframe",
            "ProgrammingTimeframe",
            Type.CODE,
            code_class="ProgrammingTimeframe",
            spoken=True,
            carried=True,
            judged=True,
        ),
        Field("program_percentage", "SchoolProvidedProgramPercentage", Type.NUMBER, carried=True),
        Field("local_student_id", "LocalStudentId", in_list=True, carried=True),
        Field("resident_board", "ResidentBoard", in_list=True, carried=True, organization=True),
        Field("francophone_board", "FrancophoneBoard", in_list=True, carried=True, organization=True),
        Field(
            "fnmi_declaration",
            "FNMIDeclaration",
            Type.CODE,
            in_list=True,
            code_class="FNMIDeclaration",
            carried=True,
        ),
        Field("french_hours", "FrenchHoursOfInstruction", in_list=True, carried=True, judged=True),
        Field(
            "enrolment_type_codes",
            "EnrolmentTypeCodes",
            Type.CODES,
            in_list=True,
            code_class="EnrolmentTypeCode",
            carried=True,
            judged=True,
        ),
        Field(
            "exception_codes",
            "ExceptionCodes",
            Type.CODES,
            in_list=True,
            code_class="ExceptionCode",
            carried=True,
        ),
        Field(
            "grants_program_codes",
            "GrantsProgramCodes",
            Type.CODES,
            in_list=True,
            code_class="GrantsProgramCode",
            carried=True,
            judged=True,
        ),
        Field("deleted", "IsDeleted", Type.FLAG),
        # PASI stopped collecting these on 31 January 2019.
        Field("entry_code", direction=Direction.HERE),
        Field("exit_code", direction=Direction.HERE),
        Field("concurrent", type=Type.FLAG, direction=Direction.HERE),
        # Who changed it last, and when.
        Field("updated_by", "LastUpdate/UserName", direction=Direction.FROM_PASI, cut=True),
        Field("updated_by_organization", "LastUpdate/OrganizationCode", direction=Direction.FROM_PASI, cut=True),
        Field("effective_at", "EffectiveUtc", Type.MOMENT, direction=Direction.FROM_PASI),
    ),
)

COMPARED = ENTITY.compared  # the API's list of names of fields
