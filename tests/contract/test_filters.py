"""Every list has one set of filters, whoever reads it: its page, the API and its file. What none of them knows is refused with 400.

A set of filters without a row here fails; so does an address that takes others than its set.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import resolve, reverse
from django_filters import FilterSet

from operations import heartbeats
from operations.api.pagination import KeysetPagination
from operations.filters import ErrorFilter, JobFilter
from pasi_connect import filters as pasi_filters
from reconciliation.filters import RunFilter
from registrar.filters import ExitCodeFilter, RowFilter
from sis import filters as sis_filters
from tests.contract import world

PATHS = yaml.safe_load(Path(__file__).with_name("openapi.yaml").read_text())["paths"]
APPS = ("operations", "sis", "pasi_connect", "registrar", "reconciliation", "alerts", "feeds")
UNKNOWN = "colour"
MALFORMED = ("status", "state", "student", "school", "code", "asn", "kind")


@dataclass(frozen=True)
class List:
    """`page`, `api` and `file` are names of addresses with what stands in them; None where the list has no such. `further`: filters
    that one side alone has, each with its reason."""

    filters: type[FilterSet]
    page: tuple[str, ...] | None = None
    api: tuple[str, ...] | None = None
    file: tuple[str, ...] | None = None
    actor: str = "district"
    of_page: type[FilterSet] | None = None  # where the page's is another one
    why: str = ""
    path: str = field(default="", kw_only=True)  # in the API's description


LISTS = (
    List(pasi_filters.DiscrepancyFilter, ("pasi_connect:changes",), ("api:discrepancy-list",), ("pasi_connect:changes-export", "csv")),
    List(pasi_filters.SubmissionFilter, ("pasi_connect:submissions",), ("api:submission-list",)),
    List(pasi_filters.ExchangeFilter, ("pasi_connect:exchanges",), ("api:exchange-list",)),
    List(pasi_filters.ActionFilter, ("pasi_connect:actions",), ("api:decision-list",)),
    List(pasi_filters.FailureFilter, ("pasi_connect:set-aside",), ("api:failure-list",)),
    List(pasi_filters.EnrolmentFilter, None, ("api:enrolment-list",)),
    List(
        sis_filters.StudentFilter,
        ("sis:student-list",),
        ("api:student-list",),
        ("sis:student-export", "csv"),
        of_page=sis_filters.StudentListFilter,
        why="An ASN or a number must not stand in a page's address; the order of a page is the person's.",
    ),
    List(sis_filters.SectionFilter, ("sis:section-list",), ("api:section-list",), ("sis:section-export", "csv")),
    List(sis_filters.ReadFilter, ("sis:reads",), ("api:read-list",), ("sis:reads-export", "csv"), actor="admin"),
    List(sis_filters.SchoolFilter, None, ("api:school-list",)),
    List(sis_filters.CourseFilter, None, ("api:course-list",)),
    List(sis_filters.CourseEnrolmentFilter, None, ("api:course-enrolment-list",)),
    List(sis_filters.StoredGradeFilter, None, ("api:stored-grade-list",)),
    List(JobFilter, ("operations:jobs",), ("api:job-list",)),
    List(ErrorFilter, ("operations:errors",), actor="admin"),
    List(RunFilter, ("reconciliation:runs",), ("api:reconciliation-list",)),
    List(
        RowFilter,
        ("registrar:year-end-rehearsal", "$rehearsal"),
        ("api:year-end-rehearsal-rows", "$rehearsal"),
        ("registrar:year-end-file", "$rehearsal"),
        path="/api/v1/year-end/rehearsals/{id}/rows/",
    ),
    List(ExitCodeFilter, ("registrar:exit-codes",)),
)  # fmt: skip
# Lists that are not narrowed: whatever stands in their address is refused.
PLAIN = ("alerts:notices", "alerts:other-records")
every = pytest.mark.parametrize("row", LISTS, ids=lambda row: row.filters.__name__)


@pytest.fixture
def district(db):
    heartbeats.beat("tick")
    return world.build()


def addresses(*sides: str) -> list[tuple[str, List, tuple[str, ...]]]:
    """(name, list, address) of each of these sides that there are."""
    found = [(row, side, getattr(row, side)) for row in LISTS for side in sides]
    return [(f"{row.filters.__name__} {side}", row, address) for row, side, address in found if address is not None]


def get(found: dict[str, Any], actor: str, address: tuple[str, ...], query: str) -> Any:
    client = Client()
    client.force_login(found[actor])
    args = [found[part[1:]] if part.startswith("$") else part for part in address[1:]]
    return client.get(f"{reverse(address[0], args=args)}?{query}")


def subclasses(of: type) -> set[type]:
    return {one for each in of.__subclasses__() for one in (each, *subclasses(each))}


def test_every_set_of_filters_is_that_of_a_list():
    ours = {one for one in subclasses(FilterSet) if one.__module__.split(".")[0] in APPS}
    known = {one for row in LISTS for one in (row.filters, row.of_page) if one is not None}
    assert ours - {sis_filters.StudentsFilter} == known  # what the two of students share
    assert len(known) == len(LISTS) + sum(row.of_page is not None for row in LISTS)


@every
def test_page_and_api_read_one_set(row):
    if row.of_page is not None:
        shared = set(row.filters.base_filters) & set(row.of_page.base_filters)
        assert row.why and shared == set(sis_filters.StudentsFilter.base_filters)
        assert all(type(row.filters.base_filters[one]) is type(row.of_page.base_filters[one]) for one in shared)
    if row.api is not None and not row.path:
        view = resolve(reverse(row.api[0])).func.cls
        assert view.filterset_class is row.filters


@every
def test_the_api_describes_just_these(row):
    if row.api is None:
        return
    described = PATHS[row.path or reverse(row.api[0])]["get"]["parameters"]
    names = {one["name"] for one in described if one["in"] == "query"}
    assert names - set(KeysetPagination.parameters) == set(row.filters.base_filters)


def test_a_filter_that_nobody_knows_is_refused(district):
    wrong = {}
    for name, row, address in addresses("page", "api", "file"):
        plain, answer = get(district, row.actor, address, ""), get(district, row.actor, address, f"{UNKNOWN}=blue")
        said = UNKNOWN in answer.content.decode() if not answer.streaming else False
        if (plain.status_code, answer.status_code, said) != (200, 400, True):
            wrong[name] = (plain.status_code, answer.status_code, said)
    assert wrong == {}


def test_every_filter_is_known_to_page_and_file(district):
    """Empty, as a form sends the fields that nobody has filled in."""
    wrong = {}
    for name, row, address in addresses("page", "file"):
        query = "&".join(f"{one}=" for one in (row.of_page or row.filters).base_filters)
        if (status := get(district, row.actor, address, query).status_code) != 200:
            wrong[name] = status
    assert wrong == {}


def test_a_value_that_makes_no_sense_is_refused(district):
    """By a filter whose values are known: a choice, a whole number, a school's code."""
    wrong = {}
    for name, row, address in addresses("page", "api", "file"):
        filters = (row.of_page or row.filters) if address != row.api else row.filters
        one = next((one for one in MALFORMED if one in filters.base_filters), "")
        if not one:
            assert filters is ErrorFilter  # a number to look for is any text
        elif (status := get(district, row.actor, address, f"{one}=%23x").status_code) != 400:
            wrong[name] = one, status
    assert wrong == {}


def test_a_list_without_filters_takes_none(district):
    for name in PLAIN:
        assert get(district, "district", (name,), f"{UNKNOWN}=blue").status_code == 400
