"""What every page of a run says at its head."""

from typing import Any

from django.utils.translation import gettext as _

from reconciliation.models import Run
from reconciliation.rules.types import TYPES
from reconciliation.views.runs import school_names


def about(run: Run) -> dict[str, Any]:
    school = school_names([run]).get(run.school_code) or (f"S.{run.school_code}" if run.school_code else "")
    kind, year = _(TYPES[run.type].title), str(run.school_year) if run.school_year else ""
    name = ", ".join(filter(None, [kind, school, year]))
    return {"run": run, "kind": kind, "school": school, "year": year, "name": name}
