"""The list that a person works through: its filter, order and place go with them from change to change."""

from collections.abc import Iterator
from functools import cached_property

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse

from operations.models import User
from operations.views import lists
from pasi_connect import selectors
from pasi_connect.filters import ON_ITS_WAY, REFUSED, DiscrepancyFilter
from pasi_connect.models import Discrepancy

DEFAULT = "open"
# Filters for items that nobody decides on: such a list is browsed, not worked through.
PAST_DECIDING = {"group": ("reset", "closed"), "status": ("settled",), "state": (ON_ITS_WAY, REFUSED)}


class WorkingList:
    """Reads the filter from an address (or from the hidden fields of a form) and says what comes next in it.

    Raises BadRequest for a filter that is malformed: "next" must never lead out of what the person asked for.
    """

    def __init__(self, user: User, query: QueryDict) -> None:
        self.user = user
        params = lists.with_default(query, "group", DEFAULT, unless=("status", "ref_id"))
        self.filterset = DiscrepancyFilter(params, selectors.discrepancies(user), person=user)
        self.group = params.get("group", "")
        self.newest_first = query.get("order") == "newest"
        names = (*self.filterset.filters, "order", *lists.MARKS)
        self.kept: dict[str, str] = {name: str(query[name]) for name in names if query.get(name, "").strip()}
        if self.kept.get("group") == DEFAULT:
            del self.kept["group"]
        lists.sound(self.filterset)

    @cached_property
    def query(self) -> str:
        """ "?school=7101&kind=…" for behind an address; "" for the list without a filter."""
        query = QueryDict(mutable=True)
        query.update(self.kept)
        return f"?{query.urlencode()}" if self.kept else ""

    @property
    def url(self) -> str:
        """The list, on the page the person came from."""
        return reverse("pasi_connect:changes") + self.query

    def url_of(self, pk: int) -> str:
        """A change as a part of this list."""
        return reverse("pasi_connect:change", args=[pk]) + self.query

    @property
    def filters(self) -> Iterator[tuple[str, str]]:
        """The filters in effect, without order and place: (name, value)."""
        return ((name, value) for name, value in self.kept.items() if name in self.filterset.filters)

    @property
    def is_filtered(self) -> bool:
        return any(True for _filter in self.filters)

    @property
    def items(self) -> QuerySet[Discrepancy]:
        """What the person works through, in the list's order: what waits for a decision, or all where nothing can wait."""
        items = self.filterset.qs
        if not any(self.filterset.data.get(name) in values for name, values in PAST_DECIDING.items()):
            items = items.filter(Q(undecided__gt=0) | selectors.refused(), status=Discrepancy.Status.OPEN)
        return items.order_by("-id" if self.newest_first else "id")

    def before(self, pk: int) -> QuerySet[Discrepancy]:
        return self.items.filter(**{"pk__gt" if self.newest_first else "pk__lt": pk})

    def next(self, pk: int) -> Discrepancy | None:
        return self.items.filter(**{"pk__lt" if self.newest_first else "pk__gt": pk}).first()

    def previous(self, pk: int) -> Discrepancy | None:
        return self.before(pk).reverse().first()

    def after_deciding(self, pk: int) -> Discrepancy | None:
        """The next change; after the last one, those skipped before."""
        return self.next(pk) or self.items.exclude(pk=pk).first()
