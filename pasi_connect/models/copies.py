"""The local copy: what PASI last told us, one table per PASI entity. Never edited by people, never a SIS record."""

from typing import Any, ClassVar

from django.db import models

from sis.models.fields import SchoolYearField


class LocalCopy(models.Model):
    """`document` is the record's XML as PASI sent it, compressed: evidence, and the ground of the next submission.

    `provisional`: written from our own accepted submission, not yet read from PASI. `columns_version`: the table of fields by
    which the typed columns were filled from `document` (`Entity.columns_version`).
    """

    core_version = models.BigIntegerField()
    stored_at = models.DateTimeField()
    digest = models.CharField(max_length=32)
    document = models.BinaryField()
    provisional = models.BooleanField(default=False)
    vanished_at = models.DateTimeField(null=True, blank=True)
    columns_version = models.BigIntegerField(default=0, db_index=True)

    notification_type: ClassVar[str]
    key_field: ClassVar[str]

    class Meta:
        abstract = True

    @property
    def author(self) -> tuple[str, str]:
        """Who changed the record in PASI last, and of which organization; "" where PASI does not say."""
        return getattr(self, "updated_by", ""), getattr(self, "updated_by_organization", "")

    @property
    def changed_at(self) -> Any:
        """When that was, or None."""
        return getattr(self, "effective_at", None)


class AuthorityCopy(LocalCopy):
    notification_type = "SchoolAuthority"
    key_field = "code"
    code = models.CharField(max_length=4, unique=True)
    name = models.CharField(max_length=160, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class SchoolCopy(LocalCopy):
    notification_type = "School"
    key_field = "code"
    code = models.CharField(max_length=4, unique=True)
    name = models.CharField(max_length=160, blank=True)
    authority_code = models.CharField(max_length=4, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class StudentCopy(LocalCopy):
    """Columns carry the names of the SIS record's fields, so that the two can be compared column by column."""

    notification_type = "Student"
    key_field = "asn"
    asn = models.CharField(max_length=9, unique=True)
    primary_asn = models.CharField(max_length=9, blank=True)
    is_deactivated = models.BooleanField(default=False)
    legal_first_name = models.CharField(max_length=50, blank=True)
    legal_middle_name = models.CharField(max_length=50, blank=True)
    legal_last_name = models.CharField(max_length=50, blank=True)
    legal_suffix = models.CharField(max_length=15, blank=True)
    legal_name_exact = models.BooleanField(default=True)
    identity_document_type = models.CharField(max_length=50, blank=True)
    identity_document_issued = models.DateField(null=True, blank=True)
    identity_document_number = models.CharField(max_length=4, blank=True)
    preferred_first_name = models.CharField(max_length=50, blank=True)
    preferred_middle_name = models.CharField(max_length=50, blank=True)
    preferred_last_name = models.CharField(max_length=50, blank=True)
    preferred_suffix = models.CharField(max_length=15, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    gender = models.CharField(max_length=20, blank=True)
    # As that of an enrolment.
    odd = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.asn


class EnrolmentCopy(LocalCopy):
    """Columns carry the names of the SIS record's fields, so that the two can be compared column by column."""

    notification_type = "StudentSchoolEnrolment"
    key_field = "key"
    key = models.CharField(max_length=60, unique=True)
    asn = models.CharField(max_length=9, blank=True, db_index=True)
    school_code = models.CharField(max_length=4, blank=True)
    school_year = SchoolYearField(null=True)
    updated_by = models.CharField(max_length=160, blank=True)
    updated_by_organization = models.CharField(max_length=6, blank=True)
    effective_at = models.DateTimeField(null=True)

    grade = models.CharField(max_length=2, blank=True)
    start_date = models.DateField(null=True)
    exit_date = models.DateField(null=True)
    exit_date_type = models.CharField(max_length=20, blank=True)
    programming_type = models.CharField(max_length=50, blank=True)
    programming_timeframe = models.CharField(max_length=50, blank=True)
    program_percentage = models.IntegerField(null=True)
    local_student_id = models.CharField(max_length=50, blank=True)
    resident_board = models.CharField(max_length=50, blank=True)
    francophone_board = models.CharField(max_length=50, blank=True)
    fnmi_declaration = models.CharField(max_length=50, blank=True)
    french_hours = models.CharField(max_length=50, blank=True)
    enrolment_type_codes = models.CharField(max_length=120, blank=True)
    exception_codes = models.CharField(max_length=120, blank=True)
    grants_program_codes = models.CharField(max_length=120, blank=True)
    deleted = models.BooleanField(default=False)
    # By field, PASI's values that the column cannot hold, as sent (a day of the year 0001); the column is then empty.
    odd = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["school_code", "school_year", "id"], name="enrolment_copy_school")]

    def __str__(self) -> str:
        return self.key


class SectionCopy(LocalCopy):
    """Columns carry the names of the SIS record's fields, so that the two can be compared column by column."""

    notification_type = "Section"
    key_field = "key"
    key = models.CharField(max_length=60, unique=True)
    school_code = models.CharField(max_length=4, blank=True)
    school_year = SchoolYearField(null=True)
    updated_by = models.CharField(max_length=160, blank=True)
    updated_by_organization = models.CharField(max_length=6, blank=True)
    effective_at = models.DateTimeField(null=True)

    course_codes = models.CharField(max_length=255, blank=True)
    start_date = models.DateField(null=True)
    end_date = models.DateField(null=True)
    term_code = models.CharField(max_length=50, blank=True)
    delivery = models.CharField(max_length=50, blank=True)
    schedule = models.CharField(max_length=50, blank=True)
    language = models.CharField(max_length=50, blank=True)
    credits_offered = models.IntegerField(default=0)
    minutes_offered = models.IntegerField(null=True)
    local_section_id = models.CharField(max_length=8, blank=True)
    description = models.CharField(max_length=255, blank=True)
    deleted = models.BooleanField(default=False)
    # As that of an enrolment.
    odd = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["school_code", "school_year", "id"], name="section_copy_school")]

    def __str__(self) -> str:
        return self.key


class FieldTable(models.Model):
    """A table of fields by which columns of local copies were filled: by column, what decided on its content."""

    entity = models.CharField(max_length=40)
    version = models.BigIntegerField()
    columns = models.JSONField(default=dict)
    first_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entity", "version"], name="field_table_once")]

    def __str__(self) -> str:
        return f"{self.entity} {self.version}"


class CodeValue(models.Model):
    """Pick lists and configuration from GetCodeValues, refreshed daily."""

    class_name = models.CharField(max_length=30)
    code = models.CharField(max_length=50)
    short_description = models.CharField(max_length=50, blank=True)
    description = models.CharField(max_length=160, blank=True)
    short_description_fr = models.CharField(max_length=50, blank=True)
    description_fr = models.CharField(max_length=160, blank=True)
    first_school_year = SchoolYearField(null=True)
    last_school_year = SchoolYearField(null=True)
    sequence = models.IntegerField(default=0)
    core_version = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["class_name", "sequence", "short_description"]
        constraints = [models.UniqueConstraint(fields=["class_name", "code"], name="code_value_once")]

    def __str__(self) -> str:
        return f"{self.class_name} {self.code}"


class SyncCursor(models.Model):
    """How far we have stored what PASI announced of a type (and year); moves only behind what is stored."""

    notification_type = models.CharField(max_length=60, primary_key=True)  # with its year, as it is asked
    max_version = models.BigIntegerField(default=0)
    complete_at = models.DateTimeField(null=True)  # the last full set was stored
    guard_stopped_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.notification_type


class MissingRecord(models.Model):
    """A record that a complete set did not name when the guard stopped it: the guard's list, whole, until a person approves it."""

    cursor = models.ForeignKey(SyncCursor, on_delete=models.CASCADE, related_name="missing")
    stopped_at = models.DateTimeField()  # the stop that it belongs to
    key = models.CharField(max_length=60)

    class Meta:
        indexes = [models.Index(fields=["cursor", "stopped_at", "id"], name="missing_record_stop")]

    def __str__(self) -> str:
        return self.key
