"""One table says who may do what (`operations.rules.permissions`): doors, the API, jobs, undo and the guides follow it."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from operations import offers, rights
from operations.rules import permissions
from pasi_connect.services.decisions import taking_back
from registrar.services.actions import schedule
from tests import factories
from tests.contract.access_table import TABLE
from tests.contract.test_access import addresses
from tests.markup import squeezed

ROOT = Path(__file__).resolve().parents[2]
VIEWS = dict(addresses())
# As in the columns of the access table; the registrars of both schools have the same role.
COLUMNS = ("", permissions.REGISTRAR, permissions.REGISTRAR, permissions.OFFICER, permissions.ADMINISTRATOR)
FULL = {f"operations.{row.codename}": set(row.roles) for row in permissions.PERMISSIONS}


def wants(row):
    """Verb and family of what a row of the access table asks for: at the door for a read, in `needs` for a write of the API."""
    view = VIEWS[row.name]
    action = getattr(view, "actions", {}).get(row.method.lower())
    written = getattr(getattr(view, "cls", None), "needs", {}).get(action) if row.method != "GET" else None
    door = rights.door_of(view)
    return written or ((door.verb, door.family) if door and door.verb else None)


def test_every_permission_every_role_and_every_word_is_used():
    opened = {name for row in permissions.TABLE for name in row.any_of}
    assert {row.codename for row in permissions.PERMISSIONS} - opened == {rights.ALL_SCHOOLS}  # which says where
    assert {row.verb for row in permissions.TABLE} == set(permissions.VERBS)
    assert {row.family for row in permissions.TABLE} == set(permissions.FAMILIES)
    assert {role for row in permissions.PERMISSIONS for role in row.roles} == set(permissions.ROLES)


def test_no_row_stands_twice():
    assert len({(row.verb, row.family) for row in permissions.TABLE}) == len(permissions.TABLE)


def test_what_is_not_in_the_table_cannot_be_asked_for():
    with pytest.raises(KeyError):
        rights.needs("approve", "nothing")


def test_every_door_and_every_write_is_a_row():
    asked = {(door.verb, door.family) for view in VIEWS.values() if (door := rights.door_of(view)) and door.verb}
    asked |= {pair for view in VIEWS.values() for pair in getattr(getattr(view, "cls", None), "needs", {}).values()}
    # Asked inside a page whose door is wider.
    inside = {
        ("approve", "guard"),
        ("set_up", "settings"),
        ("confirm", "historical_record"),
        ("act", "school_enrolment"),
    }
    assert {(row.verb, row.family) for row in permissions.TABLE} - asked <= inside
    assert asked <= {(row.verb, row.family) for row in permissions.TABLE}


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_an_address_opens_to_the_roles_of_its_row(row):
    pair = wants(row)
    if pair is None:
        return
    roles = set().union(*(FULL[name] for name in rights.to(*pair)))
    for role, status in zip(COLUMNS[1:], row.statuses.split()[1:], strict=True):
        if role not in roles:
            assert status == "403", f"{role} has none of {rights.to(*pair)}"


@pytest.mark.django_db
def test_jobs_and_undo_ask_for_permissions_of_the_table():
    known = set(FULL)
    assert {kind.approve for kind in offers.jobs.values()} <= set(rights.to("approve", "job"))
    assert {undoer.permission for undoer in taking_back.UNDO.values()} <= set(rights.to("undo", "action"))
    assert set(schedule.MAY) <= known


@pytest.mark.django_db
@pytest.mark.parametrize("role", permissions.ROLES)
def test_the_roles_of_the_product_hold_what_the_table_gives_them(role):
    person = factories.UserFactory(role=role)
    for row in permissions.TABLE:
        allowed = any(role in FULL[f"operations.{name}"] for name in row.any_of)
        assert rights.can(person, row.verb, row.family) == allowed, (row.verb, row.family)
    assert permissions.with_needed(permissions.of_role(role)) == set(permissions.of_role(role))


@pytest.mark.django_db
def test_the_page_of_roles_shows_the_table_as_it_is_set(client):
    person = factories.UserFactory(role=permissions.ADMINISTRATOR)
    Group.objects.get(name=permissions.REGISTRAR).permissions.clear()
    client.force_login(person)
    page = squeezed(client.get(reverse("operations:roles")).content.decode())
    section = page[page.index('id="h-who-may"') :]
    row = section[section.index("Changes from PASI") :].partition("</tr>")[0]
    assert row.count("view") == 2 and row.count("decide") == 1  # the registrar has lost both


@pytest.mark.parametrize(
    ("language", "guide"), [("en", "docs/user/administrator.md"), ("fr", "docs/fr/administrator.md")]
)
def test_the_guide_has_the_table(language, guide):
    with translation.override(language):
        head = " | ".join(gettext(role) for role in permissions.ROLES)
        lines = [f"| | {head} |", "|---|" + "---|" * len(permissions.ROLES)]
        for family, label in permissions.FAMILIES.items():
            verbs = [permissions.verbs_of(permissions.of_role(role), family) for role in permissions.ROLES]
            cells = [", ".join(gettext(permissions.VERBS[verb]) for verb in some) or "–" for some in verbs]
            lines.append(f"| {gettext(label)} | {' | '.join(cells)} |")
    table = "\n".join(lines)
    assert table in (ROOT / guide).read_text(encoding="utf-8"), table
