"""School enrolments: one stay of a student at one school in one school year, both ways.

Sources: Student School Enrolment (business object); ExtendedSchoolEnrolmentInfo (V2019).
"""

from pasi_connect.entities.definition import Entity, Get, Part, Sis, Submit
from pasi_connect.models.copies import EnrolmentCopy
from pasi_connect.rules import school_enrolment
from pasi_connect.rules.fields import Direction, Field, Type
from sis.models import SchoolEnrolment

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
    sis=Sis(SchoolEnrolment, related=("student", "school")),
    broken=lambda record, year: school_enrolment.broken(("start_date", "exit_date"), record, year),
    identity=(
        Part("asn", "asn", "StateProvinceId", lambda record: record.student.asn or ""),
        Part("school", "school_code", "SchoolCode", lambda record: record.school.code),
        Part("school_year", "school_year", "SchoolYear", lambda record: record.school_year, Type.YEAR),
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
            carried=True,
            judged=True,
        ),
        Field(
            "programming_timeframe",
            "ProgrammingTimeframe",
            Type.CODE,
            code_class="ProgrammingTimeframe",
            carried=True,
            judged=True,
        ),
        Field("program_percentage", "SchoolProvidedProgramPercentage", Type.NUMBER, carried=True),
        Field("local_student_id", "LocalStudentId", listed=True, carried=True),
        Field("resident_board", "ResidentBoard", listed=True, carried=True),
        Field("francophone_board", "FrancophoneBoard", listed=True, carried=True),
        Field(
            "fnmi_declaration",
            "FNMIDeclaration",
            Type.CODE,
            listed=True,
            code_class="FNMIDeclaration",
            carried=True,
        ),
        Field("french_hours", "FrenchHoursOfInstruction", listed=True, carried=True, judged=True),
        Field(
            "enrolment_type_codes",
            "EnrolmentTypeCodes",
            Type.CODES,
            listed=True,
            code_class="EnrolmentTypeCode",
            carried=True,
            judged=True,
        ),
        Field(
            "exception_codes",
            "ExceptionCodes",
            Type.CODES,
            listed=True,
            code_class="ExceptionCode",
            carried=True,
        ),
        Field(
            "grants_program_codes",
            "GrantsProgramCodes",
            Type.CODES,
            listed=True,
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
