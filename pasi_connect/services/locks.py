"""The order in which everybody locks the rows of a record: local copy, link, submission, discrepancy.

Whoever changes them takes them from here, so that a save, a pull, a sender and a decision on one record wait for each other and
never for good. Within a table, by id.
"""

from collections.abc import Collection
from uuid import UUID

from operations.statements import Given, Query
from pasi_connect.models import Discrepancy, EnrolmentCopy, EnrolmentLink, Submission
from pasi_connect.models.submission import FLYING

_REF_ID = EnrolmentLink._meta.get_field("ref_id")
# Each outcome and each comparison after it asks these: prepared once.
_copy = Query(
    lambda: EnrolmentCopy.objects.select_for_update().filter(ref_id=Given("ref_id", _REF_ID)).defer("document")[:1]
)
_link = Query(
    lambda: (
        EnrolmentLink.objects.select_for_update(of=("self",))
        .filter(ref_id=Given("ref_id", _REF_ID))
        .select_related("enrolment__school", "enrolment__student")[:1]
    )
)
_flying = Query(
    lambda: (
        Submission.objects.select_for_update(of=("self",))
        .filter(
            pk=Given("pk", Submission._meta.pk),
            fence=Given("fence", Submission._meta.get_field("fence")),
            status__in=FLYING,
        )
        .defer("sent_document")[:1]
    )
)
_open = Query(
    lambda: Discrepancy.objects.select_for_update().filter(
        ref_id=Given("ref_id", Discrepancy._meta.get_field("ref_id")), status=Discrepancy.Status.OPEN
    )[:1]
)


def records(ref_ids: Collection[UUID]) -> None:
    """Copies and links of a set of records."""
    wanted = list(ref_ids)
    list(EnrolmentCopy.objects.select_for_update().filter(ref_id__in=wanted).order_by("id").values_list("pk"))
    list(EnrolmentLink.objects.select_for_update().filter(ref_id__in=wanted).order_by("id").values_list("pk"))


def sides(ref_id: UUID) -> tuple[EnrolmentCopy | None, EnrolmentLink | None]:
    """Copy and link of one record, the link with its SIS record; a copy that has vanished too."""
    copy = EnrolmentCopy.objects.select_for_update().filter(ref_id=ref_id).first()
    links = EnrolmentLink.objects.select_for_update(of=("self",))
    return copy, links.select_related("enrolment__student", "enrolment__school").filter(ref_id=ref_id).first()


def sides_of_many(ref_ids: Collection[UUID]) -> tuple[dict[UUID, EnrolmentCopy], dict[UUID, EnrolmentLink]]:
    """By RefId; copies without their documents, links with their SIS records."""
    wanted = list(ref_ids)
    copies = EnrolmentCopy.objects.select_for_update().filter(ref_id__in=wanted).order_by("id").defer("document")
    links = EnrolmentLink.objects.select_for_update(of=("self",)).filter(ref_id__in=wanted).order_by("id")
    return (
        {copy.ref_id: copy for copy in copies},
        {link.ref_id: link for link in links.select_related("enrolment__school", "enrolment__student")},
    )


def flight(submission: Submission) -> tuple[EnrolmentCopy | None, EnrolmentLink | None, Submission | None]:
    """Copy, link and the submission as long as its fence is this one and it is on its way; None when it is another's."""
    copy, link = _copy.first(ref_id=submission.ref_id), _link.first(ref_id=submission.ref_id)
    return copy, link, _flying.first(pk=submission.pk, fence=submission.fence)


def open_item(ref_id: UUID) -> Discrepancy | None:
    """The record's open item. Its copy and its link are locked already."""
    return _open.first(ref_id=ref_id)


def open_items(ref_ids: Collection[UUID]) -> dict[UUID, Discrepancy]:
    """By RefId. Copies and links are locked already."""
    rows = Discrepancy.objects.select_for_update().filter(ref_id__in=list(ref_ids), status=Discrepancy.Status.OPEN)
    return {item.ref_id: item for item in rows.order_by("id")}


def item(item_id: int) -> tuple[Discrepancy, EnrolmentCopy | None, EnrolmentLink | None]:
    """An item with both sides of its record."""
    ref_id: UUID = Discrepancy.objects.values_list("ref_id", flat=True).get(pk=item_id)
    copy, link = sides(ref_id)
    return Discrepancy.objects.select_for_update().get(pk=item_id), copy, link
