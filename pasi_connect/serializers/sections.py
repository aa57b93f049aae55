"""Sections in the API, in the words of the SIS record, with their PASI state."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from operations.serializers import Strict
from operations.wording import help_of
from pasi_connect.serializers.discrepancies import ExpectedAtFieldSerializer
from pasi_connect.serializers.enrolments import PasiStateSerializer
from pasi_connect.services import states
from pasi_connect.services.decisions import expected
from sis.models import Section
from sis.models.organization import four_digits
from sis.serializers import CodeList, SchoolYearText
from sis.services.sections import EDITABLE

_TERM = gettext_lazy(
    "School, school year and term make another section. Delete this one with DELETE /api/v1/sections/{id}/ and add the other with "
    "POST /api/v1/sections/."
)


class SectionFields(Strict, serializers.ModelSerializer):
    """What a person may change. Rules (dates, codes, likeness to other sections) are checked by the service."""

    elsewhere: ClassVar[Mapping[str, Any]] = {"school": _TERM, "school_year": _TERM, "term": _TERM}

    course_codes = CodeList(required=False, help_text=help_of(Section, "course_codes"))

    class Meta:
        model = Section
        fields: tuple[str, ...] = EDITABLE


class SectionSerializer(SectionFields):
    """`course` is the one that the section is known by, `course_codes` are those of all. `term_code`, `language`, `delivery`
    and `schedule` are codes of PASI's lists; `term_code` is the term's Alternate Term Code unless the section has its own."""

    ref_id = serializers.SerializerMethodField(help_text="PASI's key of the record; null until it has one.")
    school = serializers.CharField(source="school.code", read_only=True)
    school_year = SchoolYearText(read_only=True)
    course = serializers.CharField(source="course.code", read_only=True)
    term = serializers.CharField(source="term.name", read_only=True)
    version = serializers.SerializerMethodField(help_text="Opaque; changes when either side does. Send it as If-Match.")
    pasi = serializers.SerializerMethodField()

    class Meta(SectionFields.Meta):
        fields: tuple[str, ...] = (
            "id", "external_id", "ref_id", "school", "school_year", "course", "term", *EDITABLE, "revision", "version", "pasi",
        )  # fmt: skip
        read_only_fields = fields

    def _state(self, section: Section) -> states.State:
        by_id = self.context.get("states")
        return by_id[section.pk] if by_id is not None else states.state_of(section)

    def get_ref_id(self, section: Section) -> str | None:
        return self._state(section).key

    def get_version(self, section: Section) -> str:
        return self._state(section).version

    @extend_schema_field(PasiStateSerializer)
    def get_pasi(self, section: Section) -> dict[str, Any]:
        state = self._state(section)
        return {"state": state.state, "reason": state.reason, "core_version": state.core_version}


class ChangedSectionSerializer(SectionSerializer):
    """A section after a change, with what PASI will say of it."""

    expected = serializers.SerializerMethodField()

    class Meta(SectionSerializer.Meta):
        fields = (*SectionSerializer.Meta.fields, "expected")
        read_only_fields = fields

    @extend_schema_field(ExpectedAtFieldSerializer(many=True))
    def get_expected(self, section: Section) -> list[dict[str, Any]]:
        return expected.answers(expected.of_section(section))


class NewSectionSerializer(SectionFields):
    """Where and when, and the fields of a section. What is not given follows from its term and its first course."""

    elsewhere: ClassVar[Mapping[str, Any]] = {}

    school = serializers.CharField(validators=[four_digits])
    school_year = SchoolYearText()
    term = serializers.CharField(max_length=40, help_text="The name of a term of the school in that year.")
    course_codes = CodeList(
        allow_empty=False,
        help_text="The first is the course that the section is known by, unless `course` names another.",
    )
    course = serializers.CharField(
        required=False, max_length=7, help_text="The course that the section is known by, one of `course_codes`."
    )

    class Meta(SectionFields.Meta):
        fields = (
            "school", "school_year", "term", "course", *(name for name in EDITABLE if name != "deleted"),
        )  # fmt: skip
        extra_kwargs: ClassVar[dict[str, Any]] = {
            name: {"required": False} for name in EDITABLE if name not in ("number", "deleted", "course_codes")
        }
        validators: ClassVar[list[Any]] = []  # once in a term: the service looks

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        wanted = self.initial_data.get("course_codes") or []
        values.setdefault("course", wanted[0] if wanted else "")
        if values["course"] not in wanted:
            raise serializers.ValidationError({"course": [_("The main course must be one of the section’s courses.")]})
        return values
