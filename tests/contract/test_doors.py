"""Reads are closed by default: what an address asks for stands in the code, and what asks for nothing is closed."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import path, reverse
from rest_framework import permissions as drf
from rest_framework.response import Response
from rest_framework.views import APIView

from config import urls
from operations import rights
from operations.actor import SYNC
from operations.api.permissions import MayDo
from operations.models import User
from operations.services import accounts
from tests import factories
from tests.contract import world
from tests.contract.access_table import TABLE
from tests.contract.test_access import addresses, send
from tests.markup import squeezed

PUBLIC = {
    "invitation", "healthz", "livez", "metrics", "login", "logout", "sign-in-again", "set_language", "api:no-such-address",
}  # fmt: skip
SIGNED_IN = {
    "home",  # leads on to what the person may read
    "operations:theme", "operations:words", "operations:styleguide", "operations:profile", "operations:password",
    "operations:tokens", "operations:token-revoke", "operations:list-columns", "operations:list-reset",
    "alerts:own", "alerts:mail-test", "api:root", "api:schema", "api:docs",
}  # fmt: skip
PERMISSIONS = {f"operations.{codename}" for codename, _name in User._meta.permissions}


def test_every_address_names_what_it_needs():
    doors = {name: rights.door_of(view) for name, view in addresses()}
    assert not [name for name, door in doors.items() if door is None], "name a permission (operations.rights)"
    assert {name for name, door in doors.items() if door == rights.PUBLIC} == PUBLIC
    assert {name for name, door in doors.items() if door == rights.SIGNED_IN} == SIGNED_IN
    assert {name for door in doors.values() if door for name in door.any_of} <= PERMISSIONS


def test_every_address_of_the_api_asks_at_its_door():
    views = {name: view for name, view in addresses() if name.startswith("api:")}
    assert not [name for name, view in views.items() if view.cls.permission_classes != [MayDo]]
    writes = {
        (name, action)
        for name, view in views.items()
        for method, action in getattr(view, "actions", {}).items()
        if method.upper() not in drf.SAFE_METHODS and not view.cls.needs.get(action)
    }
    assert not writes, "name the permission of these in `needs`"


def unnamed_page(request: Any) -> HttpResponse:
    return HttpResponse("all students")


class UnnamedRead(APIView):
    def get(self, request: Any) -> Response:
        return Response("all students")

    def post(self, request: Any) -> Response:
        return Response("done")


# The product's addresses and two that name nothing; this module is the URL conf of the test below.
urlpatterns = [path("page/", unnamed_page), path("api/v1/read/", UnnamedRead.as_view()), *urls.urlpatterns]
handler403 = urls.handler403


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_what_names_nothing_is_closed_to_everybody(client):
    client.force_login(User.objects.create_superuser("root", password="x"))
    assert client.get("/page/").status_code == 403
    assert client.get("/api/v1/read/").status_code == 403
    assert client.post("/api/v1/read/").status_code == 403
    client.logout()
    assert client.get("/page/").status_code == 302
    assert client.get("/api/v1/read/").status_code == 401


@pytest.mark.django_db
def test_a_role_without_permissions_reads_nothing():
    found = world.build()
    nobody = factories.UserFactory(role="Registrar", schools=[factories.SchoolFactory()])
    nobody.groups.set([Group.objects.create(name="Nothing")])
    client = Client(raise_request_exception=False)
    client.force_login(nobody)
    open_to_all = PUBLIC | (SIGNED_IN - {"home"})
    answers = {str(row): send(client, found, row).status_code for row in TABLE if row.name not in open_to_all}
    assert not {row: status for row, status in answers.items() if status != 403}
    page = squeezed(client.get(reverse("operations:profile")).content.decode())
    menu = page[page.index('id="nav"') : page.index("</nav>")]
    assert menu.count("<a ") == 1  # the guide
    assert reverse("operations:words") in menu


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("codename", "opens", "closed"),
    [
        ("view_records", "sis:student-list", "pasi_connect:changes"),
        ("view_synchronization", "pasi_connect:changes", "sis:student-list"),
        ("people", "operations:people", "sis:student-list"),
        ("reconciliation", "reconciliation:runs", "sis:student-list"),
        ("all_schools", "operations:profile", "sis:student-list"),
    ],
)
def test_a_permission_opens_its_own_pages_and_the_menu_names_no_others(client, codename, opens, closed):
    factories.UserFactory(role="Administrator")
    person = factories.UserFactory()
    role = Group.objects.create(name="One thing")
    person.groups.set([role])
    accounts.set_role(SYNC, role.pk, [codename])
    client.force_login(person)
    page = client.get(reverse(opens))
    assert page.status_code == 200
    assert client.get(reverse(closed)).status_code == 403
    menu = squeezed(page.content.decode()).partition('id="nav"')[2].partition("</nav>")[0]
    urls_in_menu = [part.partition('"')[0] for part in menu.split('<a href="')[1:]]
    assert reverse(closed) not in urls_in_menu
    assert {client.get(url, follow=True).status_code for url in urls_in_menu} == {200}
    assert client.get(reverse("home"), follow=True).status_code == (403 if codename == "all_schools" else 200)


@pytest.mark.django_db
def test_a_role_gets_what_its_permissions_presuppose():
    factories.UserFactory(role="Administrator")
    role = Group.objects.create(name="Decides")
    accounts.set_role(SYNC, role.pk, ["core_alerts"])
    held = set(role.permissions.values_list("codename", flat=True))
    assert held == {"core_alerts", "view_records", "view_synchronization"}


@pytest.mark.django_db
def test_roles_that_did_something_keep_reading_and_an_empty_one_gets_nothing():
    """The migration of an installation whose roles knew no permission to read."""
    ours = Permission.objects.filter(content_type__app_label="operations")
    before = {"Registrar": ["find", "edit_records"], "Looks": ["all_schools"], "Nothing": []}
    Group.objects.all().delete()
    for name, codenames in before.items():
        Group.objects.create(name=name).permissions.set(ours.filter(codename__in=codenames))
    ours.filter(codename__startswith="view_").delete()  # they are made after the migrations, and by this one
    import_module("operations.migrations.0007_reads_are_closed").give(apps, None)
    after = {role.name: set(role.permissions.values_list("codename", flat=True)) for role in Group.objects.all()}
    reads = {"view_records", "view_synchronization"}
    assert after == {
        "Registrar": {"find", "edit_records"} | reads,
        "Looks": {"all_schools", "find"} | reads,
        "Nothing": set(),
    }
