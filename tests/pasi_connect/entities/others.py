"""Where else, beside the registry, each kind of record that we write says its fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from operations.views import lists
from pasi_connect.serializers.enrolments import EnrolmentSerializer, NewEnrolmentSerializer
from pasi_connect.serializers.sections import SectionSerializer
from pasi_connect.serializers.students import ChangedStudentSerializer, StudentSerializer
from pasi_simulator.pages import enrolment as enrolment_page
from pasi_simulator.pages import section as section_page
from pasi_simulator.pages import student as student_page
from pasi_simulator.rules import extended
from sis.forms.enrolments import EnrolmentForm
from sis.forms.sections import SectionForm
from sis.forms.students import IdentificationForm
from sis.views import sections
from tests import made_up

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = yaml.safe_load((ROOT / "tests/contract/openapi.yaml").read_text())["components"]["schemas"]


@dataclass(frozen=True)
class Other:
    """Where else a kind of record says its fields. `keys`: the simulator's table of the keys of its list, with their labels."""

    schemas: tuple[str, ...]  # in the API's description
    serializers: tuple[Any, ...]
    form: Any
    page: dict[str, str]  # the simulator's: PASI's member -> label
    keys: dict[str, extended.Key] = field(default_factory=dict)
    key_labels: dict[str, str] = field(default_factory=dict)
    by_action: frozenset[str] = frozenset()  # what no form edits, since an action of its own does it
    described: Mapping[str, Any] = field(default_factory=lambda: SCHEMAS)
    listing: lists.Listing | None = None  # the list page of its own, where it has one
    api: str = ""  # the name of its list in the API


OTHERS = {
    "student": Other(
        schemas=("Student", "ChangedStudent", "PatchedStudentFields"),
        serializers=(StudentSerializer, ChangedStudentSerializer),
        form=IdentificationForm,
        page={
            **{f"IdentificationRecord/{member}": label for member, label in student_page.LABELS.items()},
            **{f"PreferredName/{member}": label for member, label in student_page.ALIAS_LABELS.items()},
        },
        api="api:student-list",
    ),
    "school_enrolment": Other(
        schemas=("Enrolment", "NewEnrolment"),
        serializers=(EnrolmentSerializer, NewEnrolmentSerializer),
        form=EnrolmentForm,
        page=enrolment_page.LABELS,
        keys=extended.KEYS,
        key_labels=enrolment_page.KEY_LABELS,
        by_action=frozenset({"deleted"}),
        api="api:enrolment-list",
    ),
    "section": Other(
        schemas=("Section",),
        serializers=(SectionSerializer,),
        form=SectionForm,
        page=section_page.LABELS,
        by_action=frozenset({"deleted"}),
        listing=sections.LIST,
        api="api:section-list",
    ),
    **{kind: row for steps in made_up.rooms("steps") for kind, row in steps.others().items()},
}
