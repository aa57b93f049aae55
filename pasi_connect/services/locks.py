"""The order in which everybody locks the rows of a record: local copy, link, submission, discrepancy.

Whoever changes them takes them from here, so that a save, a pull, a sender and a decision on one record wait for each other and
never for good. Within a table, by id.
"""

from collections.abc import Collection

from operations.statements import Given, Query
from pasi_connect.models import Discrepancy, EnrolmentCopy, Link, Submission
from pasi_connect.models.submission import FLYING

_REF_ID = Link._meta.get_field("key")
# Each outcome and each comparison after it asks these: prepared once.
_copy = Query(lambda: EnrolmentCopy.objects.select_for_update().filter(key=Given("key", _REF_ID)).defer("document")[:1])
_link = Query(
    lambda: (
        Link.objects.select_for_update(of=("self",))
        .filter(key=Given("key", _REF_ID))
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
        key=Given("key", Discrepancy._meta.get_field("key")), status=Discrepancy.Status.OPEN
    )[:1]
)


def records(keys: Collection[str]) -> None:
    """Copies and links of a set of records."""
    wanted = list(keys)
    list(EnrolmentCopy.objects.select_for_update().filter(key__in=wanted).order_by("id").values_list("pk"))
    list(Link.objects.select_for_update().filter(key__in=wanted).order_by("id").values_list("pk"))


def sides(key: str) -> tuple[EnrolmentCopy | None, Link | None]:
    """Copy and link of one record, the link with its SIS record; a copy that has vanished too."""
    copy = EnrolmentCopy.objects.select_for_update().filter(key=key).first()
    links = Link.objects.select_for_update(of=("self",))
    return copy, links.select_related("enrolment__student", "enrolment__school").filter(key=key).first()


def sides_of_many(keys: Collection[str]) -> tuple[dict[str, EnrolmentCopy], dict[str, Link]]:
    """By RefId; copies without their documents, links with their SIS records."""
    wanted = list(keys)
    copies = EnrolmentCopy.objects.select_for_update().filter(key__in=wanted).order_by("id").defer("document")
    links = Link.objects.select_for_update(of=("self",)).filter(key__in=wanted).order_by("id")
    return (
        {copy.key: copy for copy in copies},
        {link.key: link for link in links.select_related("enrolment__school", "enrolment__student")},
    )


def flight(submission: Submission) -> tuple[EnrolmentCopy | None, Link | None, Submission | None]:
    """Copy, link and the submission as long as its fence is this one and it is on its way; None when it is another's."""
    copy, link = _copy.first(key=submission.key), _link.first(key=submission.key)
    return copy, link, _flying.first(pk=submission.pk, fence=submission.fence)


def open_item(key: str) -> Discrepancy | None:
    """The record's open item. Its copy and its link are locked already."""
    return _open.first(key=key)


def open_items(keys: Collection[str]) -> dict[str, Discrepancy]:
    """By RefId. Copies and links are locked already."""
    rows = Discrepancy.objects.select_for_update().filter(key__in=list(keys), status=Discrepancy.Status.OPEN)
    return {item.key: item for item in rows.order_by("id")}


def item(item_id: int) -> tuple[Discrepancy, EnrolmentCopy | None, Link | None]:
    """An item with both sides of its record."""
    key: str = Discrepancy.objects.values_list("key", flat=True).get(pk=item_id)
    copy, link = sides(key)
    return Discrepancy.objects.select_for_update().get(pk=item_id), copy, link
