"""The kinds of jobs of the reconciliation."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations import offers, wording
from operations.models import Job
from reconciliation import selectors
from reconciliation.models import Run
from reconciliation.rules.statuses import PERFECT
from reconciliation.services import comparing, runs
from reconciliation.views.words import number_text


def page(job: Job) -> str:
    return reverse("reconciliation:run", args=[job.inputs["run"]])


def checked(job: Job) -> str:
    return _standing_against(job.result.get("faults", 0))


def _standing_against(faults: int) -> str:
    if not faults:
        return _("columns checked")
    return ngettext("One problem prevents the comparison", "%(n)s problems prevent the comparison", faults) % {
        "n": number_text(faults)
    }


def previewed(job: Job) -> str:
    return _standing_against(len(job.result.get("check", {}).get("faults", [])))


def compared(job: Job) -> str:
    """ "400 rows: 3 to look at". That all rows were compared does not say what the result is."""
    counts, unusable = job.result.get("counts", {}), job.result.get("unusable")
    other = sum(count for status, count in counts.items() if status != PERFECT)
    parts = []
    if other:
        parts.append(ngettext("%(shown)s to review", "%(shown)s to review", other) % {"shown": number_text(other)})
    if unusable:
        parts.append(ngettext("%(shown)s unusable", "%(shown)s unusable", unusable) % {"shown": number_text(unusable)})
    if not parts and job.done and unusable == 0:
        parts.append(_("All match"))
    rows = ngettext("%(shown)s row", "%(shown)s rows", job.done) % {"shown": number_text(job.done)}
    return wording.pair(rows, ", ".join(parts)) if parts else rows


def right(job: Job) -> offers.Right:
    """A run without a school is its maker's alone; one that was removed meanwhile says so itself."""
    code = Run.objects.filter(pk=job.inputs["run"]).values_list("school_code", flat=True).first()
    return offers.Right((selectors.PERMISSION,), frozenset([code]) if code else frozenset())


def right_of_preview(job: Job) -> offers.Right:
    code = job.inputs["school_code"]
    return offers.Right((selectors.PERMISSION,), frozenset([code]) if code else frozenset())


CHECKING, COMPARING = gettext_lazy("Reconciliation: column check"), gettext_lazy("Reconciliation")
offers.jobs[runs.CHECK] = offers.JobKind(CHECKING, comparing.check, right, page, counts="rows", answer=checked)
offers.jobs[runs.PREVIEW] = offers.JobKind(
    CHECKING, comparing.preview, right_of_preview, counts="rows", answer=previewed,
    school=lambda job: str(job.inputs["school_code"]),
)  # fmt: skip
offers.jobs[runs.COMPARE] = offers.JobKind(COMPARING, comparing.compare, right, page, counts="rows", answer=compared)
