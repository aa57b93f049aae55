"""Lists open as their people left them: columns, filters and order, of one person alone, until they reset it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from operations.models import RememberedList
from operations.views import lists
from sis.models import SchoolAccess
from tests.factories import EnrolmentFactory, SchoolFactory, UserFactory, changed_in_pasi, link_and_copy
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture
def page():
    return reverse("pasi_connect:changes")


@pytest.fixture
def person(here):
    """Of two schools, so that there is a school to choose."""
    return UserFactory(role="Registrar", schools=[here.school, here.other])


@pytest.fixture
def client(person, as_person):
    return as_person(person)


def query(answer):
    assert answer.status_code == 302, answer.status_code
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def test_the_list_opens_with_the_filters_that_were_last_applied(page, client, here, item):
    applied = client.get(page, {"school": here.school.code, "kind": "", "mine": "1"})
    assert query(applied) == {"school": here.school.code}  # neither the mark nor empty fields stay in the address
    opened = client.get(page)
    assert query(opened) == {"school": here.school.code}
    text = squeezed(client.get(opened["Location"]).content.decode())
    assert "This list opens as you left it." in text
    assert "Restore the default view" in text


def test_an_address_from_elsewhere_wins_and_changes_nothing_that_is_remembered(page, client, here, item):
    client.get(page, {"school": here.school.code, "mine": "1"})
    linked = client.get(page, {"group": "open"})
    assert linked.status_code == 200
    assert "chip" not in linked.content.decode()
    assert client.get(page, {"school": here.other.code}).status_code == 200
    assert query(client.get(page)) == {"school": here.school.code}


def test_a_filter_that_is_taken_away_stays_away(page, client, here, item):
    client.get(page, {"school": here.school.code, "kind": "changed_in_pasi", "mine": "1"})
    shown = client.get(page, follow=True)
    away = next(chip["url"] for chip in shown.context["chips"] if "kind" not in chip["url"])
    client.get(page + away)
    assert query(client.get(page)) == {"school": here.school.code}
    client.get(page + client.get(page, follow=True).context["clear"])
    assert client.get(page).status_code == 200


def test_the_order_is_remembered_by_itself(page, client, item):
    turned = client.get(page).context["turned"]
    assert query(client.get(page + turned)) == {"order": "newest"}
    assert query(client.get(page)) == {"order": "newest"}
    back = client.get(page, follow=True).context["turned"]
    client.get(page + back)
    assert client.get(page).status_code == 200


def test_a_tab_and_a_single_record_are_not_remembered(page, client, item):
    client.get(page, {"group": "closed", "ref_id": str(item.key), "alike": "0" * 16, "mine": "1"})
    assert client.get(page).status_code == 200
    assert not RememberedList.objects.filter(filters__has_key="ref_id").exists()


def test_what_is_malformed_is_told_and_not_kept(page, client):
    answer = client.get(page, {"kind": "nonsense", "mine": "1"})
    assert answer.status_code == 400
    assert not RememberedList.objects.exists()


def test_a_value_that_no_longer_holds_is_left_out(page, client, person, here):
    RememberedList.objects.create(
        person=person,
        page="pasi_connect.changes",
        filters={"kind": "gone", "school": here.school.code},
        sort="sideways",
    )
    assert query(client.get(page)) == {"school": here.school.code}
    SchoolAccess.objects.filter(user=person).delete()
    assert client.get(page).status_code == 200


def test_one_person_never_sees_what_another_chose(page, client, here, as_person, item):
    client.get(page, {"school": here.school.code, "mine": "1"})
    client.post(reverse("operations:list-columns", args=["pasi_connect.changes"]), {"column": ["change"]})
    other = as_person(UserFactory(role="Registrar", schools=[here.school, here.other])).get(page)
    assert other.status_code == 200
    assert all(other.context["cols"].values())


def test_columns_are_chosen_without_a_script_and_the_list_stays_where_it_was(page, client, item):
    next_page = f"{page}?group=safe"
    shown = squeezed(client.get(next_page).content.decode())
    assert f'<input type="hidden" name="next" value="{next_page}">' in shown
    assert '<input type="checkbox" name="column" value="kind" checked>' in shown
    answer = client.post(
        reverse("operations:list-columns", args=["pasi_connect.changes"]),
        {"column": ["change", "by", "nonsense"], "next": next_page},
    )
    assert answer["Location"] == next_page
    text = squeezed(client.get(page).content.decode())
    assert 'data-label="Kind"' not in text
    assert 'data-label="Change"' in text
    assert '<input type="checkbox" name="column" value="kind">' in text
    assert RememberedList.objects.get().columns == {"kind": False}


def test_columns_hold_for_an_address_from_elsewhere_too(page, client, item):
    client.post(reverse("operations:list-columns", args=["pasi_connect.changes"]), {"column": ["change"]})
    assert 'data-label="Kind"' not in client.get(page, {"group": "safe"}).content.decode()


def test_reset_brings_back_columns_filters_and_order(page, client, here, item):
    client.get(page, {"school": here.school.code, "order": "newest", "mine": "1"})
    client.post(reverse("operations:list-columns", args=["pasi_connect.changes"]), {"column": ["change"]})
    answer = client.post(reverse("operations:list-reset", args=["pasi_connect.changes"]))
    assert answer["Location"] == page
    plain = client.get(page)
    assert plain.status_code == 200
    assert all(plain.context["cols"].values())
    assert "Restore the default view" not in plain.content.decode()


def test_a_list_that_nobody_knows_is_not_there(client):
    for name in ("list-columns", "list-reset"):
        assert client.post(reverse(f"operations:{name}", args=["nonsense"])).status_code == 404
        assert client.get(reverse(f"operations:{name}", args=["operations.jobs"])).status_code == 405


def test_the_students_follow_the_school_year(client, here):
    EnrolmentFactory(school=here.school)
    page = reverse("sis:student-list")
    year = client.get(page).context["filter"].data["school_year"]
    client.get(page, {"school": "", "school_year": year, "grade": "", "sort": "-name", "mine": "1"})
    assert query(client.get(page)) == {"sort": "-name"}
    client.get(page, {"school": "", "school_year": "", "grade": "10", "sort": "", "mine": "1"})
    opened = client.get(page)
    chosen = parse_qs(urlsplit(opened["Location"]).query, keep_blank_values=True)
    assert chosen == {"school_year": [""], "grade": ["10"]}  # all years: an empty year is a choice too
    assert client.get(opened["Location"]).status_code == 200


def test_a_column_can_be_added_and_that_of_a_higher_app_hidden(client, here):
    link_and_copy(EnrolmentFactory(school=here.school))
    page = reverse("sis:student-list")
    before = squeezed(client.get(page).content.decode())
    assert 'data-label="PASI"' in before
    assert 'data-label="First and last day"' not in before
    client.post(reverse("operations:list-columns", args=["sis.students"]), {"column": ["born", "days"]})
    after = squeezed(client.get(page).content.decode())
    assert 'data-label="PASI"' not in after
    assert 'data-label="First and last day"' in after
    assert 'data-label="Grade"' not in after


@pytest.mark.parametrize("name", sorted(lists.LISTINGS))
def test_every_list_shows_its_columns_and_hides_each(name, here, as_person, item):
    """Each column stands in the head of the table, and is gone once it is not chosen; the table's rows keep in step with it."""
    listing = lists.LISTINGS[name]
    person = UserFactory(role="District officer", is_superuser=True)
    client = as_person(person)
    page = reverse(listing.url)
    client.get(page)  # a row of the list of accesses from now on
    answer = client.get(page)
    assert answer.status_code == 200
    assert [one["name"] for one in answer.context["listing"]["columns"]] == [one.name for one in listing.offered]
    client.post(reverse("operations:list-columns", args=[name]), {"column": []})
    hidden = client.get(page)
    assert not any(hidden.context["cols"].values())
    if hidden.context.get("rows"):
        before, after = (one.content.decode() for one in (answer, hidden))
        shown = sum(one.visible for one in listing.offered)
        assert before.count('role="columnheader"') - after.count('role="columnheader"') == shown
        assert before.count("data-label=") - after.count("data-label=") == shown * len(hidden.context["rows"])
    assert RememberedList.objects.get().person == person


def test_a_remembered_filter_is_one_of_the_list(here, as_person):
    """A name that the list does not know would be forgotten at every opening."""
    client = as_person(UserFactory(role="District officer", is_superuser=True))
    for listing in lists.LISTINGS.values():
        if not listing.filters:
            continue
        context = client.get(reverse(listing.url)).context
        known = (context.get("filterset") or context["filter"]).filters
        assert set(listing.filters) <= set(known), listing.page


def test_more_than_one_school_is_needed_for_nothing(page, here, as_person, item):
    """A person of one school applies the filters, and the list opens."""
    client = as_person(here.registrar)
    client.get(page, {"kind": "changed_in_pasi", "mine": "1"})
    assert query(client.get(page)) == {"kind": "changed_in_pasi"}


def test_the_first_of_a_mail_is_the_whole_list(page, client, here):
    second = SchoolFactory()
    enrolment = EnrolmentFactory(school=here.other)
    link_and_copy(enrolment)
    changed_in_pasi(enrolment, grade="09")
    client.get(page, {"school": second.code, "mine": "1"})
    assert len(client.get(page, {"group": "open"}).context["rows"]) == 1
