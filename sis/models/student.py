from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from sis.models.external import ONCE, External
from sis.models.fields import CodesField, SchoolYearField
from sis.models.organization import School
from sis.rules import asn, enrolment, names

nine_digits = RegexValidator(r"^[0-9]{9}$", _("An ASN has nine digits."))


class Student(External):
    """A student as the SIS knows them. The ASN may come later: a student can be registered while PASI is unavailable.

    Identification and names: Name; StudentIdentificationInfo (V2018). Empty text stands for "not given". `revision` rises by one
    with each change and is our half of the version that people see.
    """

    asn = models.CharField(_("ASN"), max_length=9, null=True, blank=True, unique=True, validators=[nine_digits])
    local_number = models.CharField(_("student number"), max_length=15, blank=True, db_index=True)
    revision = models.PositiveIntegerField(default=1, editable=False)
    legal_first_name = models.CharField(
        _("legal first name"), max_length=50, help_text=_("As on the identity document.")
    )
    legal_middle_name = models.CharField(
        _("legal middle name"), max_length=50, blank=True, help_text=_("All middle names on the identity document.")
    )
    legal_last_name = models.CharField(
        _("legal last name"), max_length=50, help_text=_("Enter LNU for a person with a single name.")
    )
    legal_suffix = models.CharField(
        _("legal name suffix"), max_length=15, blank=True, help_text=_("Such as Jr. or III.")
    )
    legal_name_exact = models.BooleanField(
        _("legal name is exact"),
        default=True,
        help_text=_("Clear the box if the name cannot be typed exactly as on the document."),
    )
    identity_document_type = models.CharField(
        _("identity document"),
        max_length=50,
        blank=True,
        help_text=_("The document that proves the legal name and the birth date."),
    )
    identity_document_issued = models.DateField(
        _("identity document issued on"), null=True, blank=True, help_text=_("Not before the birth date.")
    )
    identity_document_number = models.CharField(
        _("last four characters of the identity document"),
        max_length=4,
        blank=True,
        help_text=_("Never the whole number."),
    )
    preferred_first_name = models.CharField(
        _("preferred first name"),
        max_length=50,
        blank=True,
        help_text=_("Leave the preferred name empty if the student goes by the legal name."),
    )
    preferred_middle_name = models.CharField(
        _("preferred middle name"), max_length=50, blank=True, help_text=_("Only if the preferred name has one.")
    )
    preferred_last_name = models.CharField(
        _("preferred last name"),
        max_length=50,
        blank=True,
        help_text=_("Required with a preferred first name: PASI keeps the whole name."),
    )
    preferred_suffix = models.CharField(
        _("preferred name suffix"), max_length=15, blank=True, help_text=_("Such as Jr. or III.")
    )
    birth_date = models.DateField(_("birth date"), help_text=_("As on the identity document."))
    gender = models.CharField(_("gender"), max_length=20, blank=True)
    search_name = models.CharField(
        max_length=220, editable=False, db_index=True
    )  # "last first preferred…", folded as `sis.rules.names` says

    class Meta:
        ordering = ["id"]
        constraints = [ONCE]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        first = self.preferred_first_name or self.legal_first_name
        return f"{first} {self.preferred_last_name or self.legal_last_name}"

    @property
    def listed_name(self) -> str:
        """As lists show it, in the order of `search_name`: last name first."""
        return f"{self.legal_last_name}, {self.preferred_first_name or self.legal_first_name}"

    @property
    def legal_name(self) -> str:
        return _joined(self.legal_first_name, self.legal_middle_name, self.legal_last_name, self.legal_suffix)

    @property
    def preferred_name(self) -> str:
        """Empty where the student goes by the legal name."""
        return _joined(
            self.preferred_first_name, self.preferred_middle_name, self.preferred_last_name, self.preferred_suffix
        )

    @property
    def asn_shown(self) -> str:
        return asn.with_hyphens(self.asn or "")

    def make_search_name(self) -> str:
        parts = [
            self.legal_last_name,
            self.legal_first_name,
            self.preferred_last_name,
            self.preferred_first_name,
            self.legal_middle_name,
            self.preferred_middle_name,
        ]
        return " ".join(dict.fromkeys(names.fold(part) for part in parts if part))[:220]


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


class SchoolEnrolment(External):
    """One stay of a student at one school in one school year; a return is a new one.

    Field meanings: Student School Enrolment (business object), contracts from 2019 on. Empty text stands for "not given".
    `revision` rises by one with each change and is our half of the version that people see.
    """

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="enrolments")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="enrolments")
    school_year = SchoolYearField(_("school year"))
    revision = models.PositiveIntegerField(default=1, editable=False)

    grade = models.CharField(
        _("grade"),
        max_length=2,
        blank=True,
        choices=[(grade, grade) for grade in enrolment.GRADES],
        help_text=_("EC, or 01 to 12."),
    )
    start_date = models.DateField(_("start date"), help_text=_("The first day of this stay."))
    exit_date = models.DateField(
        _("exit date"), help_text=_("The planned last day; after a withdrawal the last day attended.")
    )
    exit_date_type = models.CharField(
        _("exit date type"),
        max_length=20,
        default=enrolment.COMPLETION,
        choices=[(enrolment.COMPLETION, _("Completion Date")), (enrolment.WITHDRAWAL, _("Withdrawal Date"))],
        help_text=_("A completion date is planned; a withdrawal date is the last day attended."),
    )
    programming_type = models.CharField(
        _("programming type"),
        max_length=50,
        default="Regular",
        help_text=_("The kind of program, such as Regular or Summer School."),
    )
    programming_timeframe = models.CharField(
        _("programming timeframe"),
        max_length=50,
        default="Day",
        help_text=_("When classes are held, such as Day or Evening."),
    )
    program_percentage = models.PositiveSmallIntegerField(
        _("program percentage"), null=True, blank=True, help_text=_("Only with grants program code 610 or 612.")
    )
    # From here on PASI holds them in the list SISV1: ExtendedSchoolEnrolmentInfo.
    local_student_id = models.CharField(
        _("local student number"), max_length=15, blank=True, help_text=_("At most 15 characters.")
    )
    resident_board = models.CharField(
        _("resident board"), max_length=4, blank=True, help_text=_("Four digits, where another board is responsible.")
    )
    francophone_board = models.CharField(_("francophone board"), max_length=4, blank=True, help_text=_("Four digits."))
    fnmi_declaration = models.CharField(
        _("FNMI declaration"),
        max_length=50,
        blank=True,
        help_text=_("First Nations, Métis or Inuit, as declared by the student or a parent."),
    )
    french_hours = models.CharField(
        _("French hours of instruction"), max_length=4, blank=True, help_text=_("Hours in the year, 1 to 9999.")
    )
    enrolment_type_codes = CodesField(
        _("enrolment type codes"),
        most=3,
        one=_("Enrolment type code %(n)s"),
        max_length=60,
        blank=True,
        help_text=_("At most 3."),
    )
    exception_codes = CodesField(
        _("exception codes"),
        most=2,
        one=_("Exception code %(n)s"),
        max_length=60,
        blank=True,
        help_text=_("At most 2."),
    )
    grants_program_codes = CodesField(
        _("grants program codes"),
        most=3,
        one=_("Grants program code %(n)s"),
        max_length=60,
        blank=True,
        help_text=_("At most 3."),
    )
    deleted = models.BooleanField(
        _("deleted"), default=False, help_text=_("A deleted record is kept here and in PASI, marked as deleted.")
    )
    # Kept here, never sent: PASI stopped collecting them on 31 January 2019.
    entry_code = models.CharField(
        _("entry code"), max_length=10, blank=True, help_text=_("Saved here only. PASI no longer collects it.")
    )
    exit_code = models.CharField(
        _("exit code"), max_length=10, blank=True, help_text=_("Saved here only. PASI no longer collects it.")
    )
    concurrent = models.BooleanField(
        _("concurrent"), default=False, help_text=_("The student's main school is a different one.")
    )

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["school", "school_year", "id"], name="enrolment_school_year"),
            models.Index(fields=["student", "school_year"], name="enrolment_student_year"),
            models.Index(
                fields=["school_year", "id"], name="enrolment_concurrent", condition=models.Q(concurrent=True)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(exit_date__gte=models.F("start_date")), name="enrolment_forward"),
            ONCE,
        ]

    def __str__(self) -> str:
        return f"{self.school_id} {self.school_year} from {self.start_date}"
