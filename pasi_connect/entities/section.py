"""Sections: courses taught together at one school in one school year, both ways.

Sources: Section (business object); Submit Section; SectionInfo (V201204).
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from operations.actor import Actor
from pasi_connect.entities.definition import Entity, Get, Part, Show, Sis, Submit
from pasi_connect.models.copies import SectionCopy
from pasi_connect.rules.fields import Direction, Field, Type
from sis.models import Section
from sis.models.event import Origin
from sis.services import sections


def _create(
    actor: Actor, whose: Mapping[str, Any], values: Mapping[str, Any], *, origin: str = Origin.PASI, reason: str = ""
) -> Section:
    return sections.create_from_pasi(actor, whose["school"], whose["school_year"], values, reason=reason)


ENTITY = Entity(
    kind="section",
    notification="Section",
    key="RefId",
    key_is_ref_id=True,
    copy=SectionCopy,
    by_year=True,
    get=Get("GetSection", "RefIds", "Section", key="RefId"),
    submit=Submit("SubmitSection", "SectionInfo", batch="Sections", most=40),
    sis=Sis(
        Section,
        create=_create,
        change=sections.change,
        change_many=sections.change_many,
        twins=sections.twins,
        needed=sections.with_students,
        nearest=sections.nearest,
        related=("school", "course"),
        student="",
        switch="course_marks_integration",
    ),
    show=Show(
        gettext_lazy("Section"),
        title=lambda section: section.title,
        list_title=lambda section: section.title,
        page="sis:section",
        page_of="pk",
        page_label=gettext_lazy("section page"),
        edit="sis:section-edit",
        edit_label=gettext_lazy("Edit the section"),
    ),
    span=("start_date", "end_date"),
    identity=(
        Part("school", "school_code", "SchoolCode", "school__code"),
        Part("school_year", "school_year", "SchoolYear", "school_year", Type.YEAR),
    ),
    fields=(
        Field("course_codes", "CourseCodes", Type.CODES),
        Field("start_date", "StartDate", Type.DAY),
        Field("end_date", "EndDate", Type.DAY),
        Field("term_code", "SectionTerm", Type.CODE, code_class="SectionTerm"),
        Field("delivery", "PrimaryDeliveryMethod", Type.CODE, code_class="PrimaryDeliveryMethod"),
        Field("schedule", "DeliverySchedule", Type.CODE, code_class="DeliverySchedule"),
        Field("language", "InstructionalLanguage", Type.CODE, code_class="InstructionalLanguage"),
        Field("credits_offered", "CreditsOffered", Type.COUNT),
        Field("minutes_offered", "InstructionalMinutesOffered", Type.NUMBER),
        Field("local_section_id", "LocalSectionId"),
        Field("description", "Description"),
        Field("deleted", "IsDeleted", Type.FLAG),
        # The SIS's own: PASI tells sections apart by other means.
        Field("number", direction=Direction.HERE),
        Field("teacher", direction=Direction.HERE),
        # Who changed it last, and when.
        Field("updated_by", "LastUpdate/UserName", direction=Direction.FROM_PASI, cut=True),
        Field("updated_by_organization", "LastUpdate/OrganizationCode", direction=Direction.FROM_PASI, cut=True),
        Field("effective_at", "EffectiveUtc", Type.MOMENT, direction=Direction.FROM_PASI),
    ),
)
