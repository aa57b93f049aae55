"""Whoever works through a filtered list stays in it: links, keys, forms and undo lead nowhere else."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from operations.actor import of_user
from pasi_connect.models import Discrepancy
from pasi_connect.services import decisions
from tests.factories import EnrolmentFactory, changed_in_pasi, link_and_copy, submission
from tests.pasi_connect.pages.conftest import form_of

pytestmark = pytest.mark.django_db
FILTER = "field=grade&changed_by=7010"


@pytest.fixture
def make(here):
    def item(by_other=False, **theirs):
        one = EnrolmentFactory(school=here.school)
        link_and_copy(one)
        organization = "A.1750" if by_other else "A.7010"
        return changed_in_pasi(one, organization=organization, **(theirs or {"grade": "09"}))

    return item


@pytest.fixture
def items(make):
    """Of the filter are the first, third and fifth; the others differ in the field or the organization."""
    return [make(), make(programming_timeframe="Evening"), make(), make(by_other=True), make()]


def links(page, key):
    """Where the element with this key leads."""
    found = re.findall(rf'href="([^"]*)" data-key="{key}"', page.content.decode())
    return found[0].replace("&amp;", "&") if found else ""


def place(url):
    parts = urlsplit(url)
    return parts.path, {name: value[0] for name, value in parse_qs(parts.query).items()}


WANTED = {"field": "grade", "changed_by": "7010"}


def test_rows_and_the_first_button_carry_the_filter(registrar, items):
    page = registrar.get(f"/changes/?{FILTER}")
    assert place(page.context["first"]) == (f"/changes/{items[0].pk}/", WANTED)
    assert [place(row["url"]) for row in page.context["rows"]] == [
        (f"/changes/{items[n].pk}/", WANTED) for n in (0, 2, 4)
    ]


def test_next_previous_and_later_stay_within_the_filter(registrar, items):
    page = registrar.get(f"/changes/{items[2].pk}/?{FILTER}")
    assert place(links(page, "j")) == (f"/changes/{items[4].pk}/", WANTED)
    assert place(links(page, "k")) == (f"/changes/{items[0].pk}/", WANTED)
    assert page.context["position"] == {"number": "2", "total": "3"}
    last = registrar.get(f"/changes/{items[4].pk}/?{FILTER}")
    assert links(last, "j") == ""
    assert place(last.context["working"].url) == ("/changes/", WANTED)


@pytest.mark.parametrize(("do", "more"), [("all-pasi", {}), ("next", {"field-grade": "pasi"})])
def test_accepting_goes_on_within_the_filter_and_ends_at_the_filtered_list(registrar, items, do, more):
    """The key `a` presses "all-pasi": pressed again and again it accepts what was filtered and nothing else."""
    address, decided = f"/changes/{items[2].pk}/?{FILTER}", []
    for _ in range(3):
        pk = int(urlsplit(address).path.split("/")[2])
        decided.append(pk)
        address = registrar.post(address, form_of(Discrepancy.objects.get(pk=pk), do=do, **more))["Location"]
    assert decided == [items[2].pk, items[4].pk, items[0].pk]
    assert place(address) == ("/changes/", WANTED)
    assert set(Discrepancy.objects.filter(status="open").values_list("pk", flat=True)) == {items[1].pk, items[3].pk}


def test_a_refused_decision_and_a_saved_one_keep_the_filter(registrar, items):
    refused = registrar.post(f"/changes/{items[0].pk}/?{FILTER}", form_of(items[0]))
    assert refused.status_code == 422
    assert place(links(refused, "j")) == (f"/changes/{items[2].pk}/", WANTED)
    saved = registrar.post(f"/changes/{items[0].pk}/?{FILTER}", form_of(items[0], **{"field-grade": "pasi"}))
    assert place(saved["Location"]) == (f"/changes/{items[0].pk}/", WANTED)


def test_undo_comes_back_into_the_filter(here, registrar, items):
    address = f"/changes/{items[0].pk}/?{FILTER}"
    page = registrar.post(address, form_of(items[0], do="all-pasi"), follow=True)
    toast = re.search(r'<form method="post" action="(/decisions/[^"]*)"', page.content.decode())[1]
    back = registrar.post(toast.replace("&amp;", "&"))
    assert place(back["Location"]) == (f"/changes/{items[0].pk}/", WANTED)


def test_looking_after_a_change_keeps_the_filter(here, registrar, items):
    page = registrar.get(f"/changes/{items[0].pk}/?{FILTER}").content.decode()
    form = re.search(r'action="(/changes/\d+/assign/[^"]*)"', page)[1].replace("&amp;", "&")
    answer = registrar.post(form, {"to": here.registrar.pk, "seen": ""})
    assert place(answer["Location"]) == (f"/changes/{items[0].pk}/", WANTED)


def test_the_news_of_an_open_page_lead_back_into_the_filter(here, registrar, items, make):
    page = registrar.get(f"/changes/{items[0].pk}/?{FILTER}").content.decode()
    ask = re.search(r'hx-get="(/pulse/[^"]*)"', page)[1].replace("&amp;", "&")
    decisions.accept(of_user(here.registrar), items[0].pk)
    assert place(registrar.get(ask).context["item_url"]) == (f"/changes/{items[0].pk}/", WANTED)


def test_order_and_page_stay(registrar, items):
    query = f"{FILTER}&order=newest&after={items[4].pk}"
    page = registrar.get(f"/changes/{items[2].pk}/?{query}")
    told = {**WANTED, "order": "newest", "after": str(items[4].pk)}
    assert place(links(page, "j")) == (f"/changes/{items[0].pk}/", told)
    assert place(page.context["working"].url) == ("/changes/", told)


def test_settled_ones_are_looked_through_in_their_own_list(here, registrar, items):
    for n in (0, 2):
        decisions.accept(of_user(here.registrar), items[n].pk)
    page = registrar.get(f"/changes/{items[0].pk}/?group=closed")
    assert place(links(page, "j")) == (f"/changes/{items[2].pk}/", {"group": "closed"})


def test_the_bulk_page_goes_back_to_the_same_page_of_the_list(registrar, items):
    page = registrar.get(f"/changes/bulk/?decision=accept&all=1&{FILTER}&order=newest&after={items[4].pk}")
    assert page.context["number"] == 3
    assert place(page.context["back"]) == ("/changes/", {**WANTED, "order": "newest", "after": str(items[4].pk)})


def test_a_filter_that_cannot_be_read_is_told_and_nothing_is_decided(registrar, items):
    address = f"/changes/{items[0].pk}/?kind=odd"
    page = registrar.get(address)
    assert page.status_code == 400
    assert "cannot be read: Kind" in page.content.decode()
    assert registrar.post(address, form_of(items[0], do="all-pasi")).status_code == 400
    assert Discrepancy.objects.get(pk=items[0].pk).status == "open"
    assert registrar.get("/changes/bulk/?decision=accept&all=1&kind=odd").status_code == 400


def test_five_tabs_at_most_and_the_rest_are_filters(here, registrar, items):
    assert len(registrar.get("/changes/").context["tabs"]) == 5
    decisions.reject(of_user(here.registrar), items[0].pk, reason="Ours is right.")
    on_its_way = registrar.get("/changes/?state=on_its_way")
    assert [row["item"].pk for row in on_its_way.context["rows"]] == [items[0].pk]
    whole = registrar.get("/changes/?group=whole")
    assert [chip["text"] for chip in whole.context["chips"]] == ["Group: Whole records"]
    assert [tab["label"] for tab in whole.context["tabs"] if tab["current"]] == ["All open"]


def test_a_list_of_submissions_keeps_filter_and_page_through_its_rows(here, registrar, items):
    made = submission(items[0].school_enrolment, "rejected", key=items[0].key)
    query = "?status=rejected&school=" + here.school.code
    row = re.search(rf'href="(/submissions/{made.pk}/[^"]*)"', registrar.get(f"/submissions/{query}").content.decode())
    page = registrar.get(row[1].replace("&amp;", "&"))
    assert f'href="/submissions/{query}"' in page.content.decode().replace("&amp;", "&")
    cancelled = registrar.post(f"/submissions/{made.pk}/cancel/{query}", {"reason": "Not needed."})
    assert place(cancelled["Location"]) == (
        f"/submissions/{made.pk}/",
        {"status": "rejected", "school": here.school.code},
    )
