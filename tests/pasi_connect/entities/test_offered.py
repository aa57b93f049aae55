"""What people and programs meet of every kind of record: one set of filters, one right a verb, a list that remembers, PASIprep."""

import pytest
from django.urls import resolve, reverse

from operations import rights
from operations.models import RememberedList
from pasi_connect import entities
from pasi_connect.filters import DiscrepancyFilter, ExchangeFilter, SubmissionFilter
from pasi_connect.models import Exchange, SyncSettings
from pasi_connect.models.discrepancy import Discrepancy
from pasi_connect.models.link import Link
from pasi_connect.models.relations import relation
from pasi_connect.soap.contract import contract
from pasi_connect.views.record import Record
from tests import factories
from tests.pasi_connect.entities.others import OTHERS
from tests.test_factories import FACTORIES

pytestmark = pytest.mark.django_db
KINDS = entities.written()
every = pytest.mark.parametrize("entity", KINDS, ids=str)
lists_only = pytest.mark.parametrize("other", [row for row in OTHERS.values() if row.listing], ids=lambda row: row.api)


@every
def test_the_rows_of_the_engine_reach_its_sis_records(entity):
    for table in (Link, Discrepancy):
        field = table._meta.get_field(relation(table, entity.kind))
        assert field.related_model is entity.sis.model


@every
@pytest.mark.parametrize("filters", [DiscrepancyFilter, SubmissionFilter])
def test_lists_of_changes_and_submissions_can_be_narrowed_to_it(entity, filters):
    rows = filters.Meta.model.objects.all()
    assert filters({"entity": entity.kind}, rows).is_valid()
    assert not filters({"entity": "garage"}, rows).is_valid()
    assert dict(filters({}, rows).form.fields["entity"].choices)[entity.kind] == entity.display.name, (
        "in people's words"
    )


@every
def test_the_log_of_calls_can_be_narrowed_to_its_operations(entity):
    assert {entity.get.operation}.union(entity.operations) <= contract().operations.keys()
    assert all(part.operations for part in entity.parts)
    for name in entity.operations:
        assert ExchangeFilter({"operation": name}, Exchange.objects.all()).is_valid()


@pytest.mark.parametrize("other", OTHERS.values(), ids=lambda row: row.api)
def test_the_api_lists_it_and_refuses_an_unknown_filter(client, other):
    person = factories.UserFactory(role="District officer")
    client.force_login(person)
    assert client.get(reverse(other.api)).status_code == 200
    assert client.get(reverse(other.api), {"colour": "red"}).status_code == 400


@lists_only
def test_its_page_has_the_filters_of_the_api(client, other):
    client.force_login(factories.UserFactory(role="District officer"))
    view = resolve(reverse(other.api)).func.cls
    for name in other.listing.filters:
        assert name in view.filterset_class.base_filters
    assert client.get(reverse(other.listing.url)).status_code == 200
    assert client.get(reverse(other.listing.url), {"colour": "red"}).status_code == 400


@lists_only
def test_its_list_remembers_columns_and_filters_of_each_person_until_they_reset_it(client, other):
    person, page = factories.UserFactory(role="District officer"), other.listing.page
    client.force_login(person)
    hidden = [one.name for one in other.listing.columns][1:]
    client.post(reverse("operations:list-columns", args=[page]), {"column": hidden})
    assert RememberedList.objects.get(person=person, page=page).columns[other.listing.columns[0].name] is False
    name = next(name for name in other.listing.filters if name == "school")
    code = factories.SchoolFactory().code
    client.get(reverse(other.listing.url), {name: code, "mine": "1"})
    assert client.get(reverse(other.listing.url)).url.endswith(f"?{name}={code}")
    client.post(reverse("operations:list-reset", args=[page]))
    assert not RememberedList.objects.filter(person=person, page=page).exists()


@pytest.mark.parametrize("other", OTHERS.values(), ids=lambda row: row.api)
def test_who_may_read_it_and_who_may_not(client, other):
    assert client.get(reverse(other.api)).status_code == 401
    view = resolve(reverse(other.api)).func
    assert rights.door_of(view).any_of == ("operations.view_records",)
    assert all(getattr(view.cls, "needs", {}).values()), "each write names its right"


@every
def test_its_pages_have_addresses(entity):
    assert reverse(entity.display.page, args=[1])
    assert reverse(entity.display.edit, args=[1])


@every
def test_the_pattern_of_the_settings_leads_to_it_in_pasiprep(entity):
    factories.synchronizing(pasiprep_link="https://pasiprep.example.org/records/{ref_id}")
    copy = next(one for one in FACTORIES if one._meta.model is entity.copy)()
    key = getattr(copy, entity.copy.key_field)
    found = Record.load(entity.kind, key).pasiprep
    assert found == (f"https://pasiprep.example.org/records/{key}" if entity.display.in_pasiprep else "")
    SyncSettings.objects.update(pasiprep_link="http://pasiprep.example.org/records/{ref_id}")
    assert Record.load(entity.kind, key).pasiprep == "", "https alone"
