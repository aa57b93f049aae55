"""Who looks after people and does not see all schools: hands out what they see themselves, and no way into more."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied

from operations.actor import of_user
from operations.models import ApiToken, ApprovalSettings, Invitation
from operations.services import accounts
from sis.models import SchoolAccess
from sis.services import access
from tests.factories import ServiceFactory, UserFactory
from tests.factories.people import PASSWORD
from tests.operations.pages.test_people import form_data, role


@pytest.fixture
def local(here):
    """Looks after the people of `here.school`."""
    group = Group.objects.create(name="People of a school")
    group.permissions.set(Permission.objects.filter(codename__in=["people", "view_records"]))
    return UserFactory(role=group.name, schools=[here.school])


@pytest.fixture
def hers(local, as_person):
    return as_person(local)


def codes(person):
    return set(SchoolAccess.objects.filter(user=person).values_list("school__code", flat=True))


def test_schools_are_handed_out_as_far_as_one_sees_them(here, local, hers):
    page = hers.get(f"/people/{here.registrar.pk}/").content.decode()
    assert here.school.name in page
    assert here.other.name not in page
    for person in (here.registrar, local):
        hers.post(f"/people/{person.pk}/schools/", {"schools": [here.school.pk, here.other.pk]})
        assert codes(person) == {here.school.code}
    with pytest.raises(PermissionDenied):
        access.set_schools(of_user(local), here.registrar, [here.other])


def test_schools_that_one_does_not_see_stay(here, local, hers):
    both = UserFactory(role="Registrar", schools=[here.school, here.other])
    hers.post(f"/people/{both.pk}/schools/", {"schools": []})
    assert codes(both) == {here.other.code}
    hers.post(f"/people/{both.pk}/schools/", {"schools": [here.school.pk]})
    assert codes(both) == {here.school.code, here.other.code}


@pytest.mark.parametrize("name", ["District officer", "Administrator"])
def test_no_role_that_sees_all_schools_is_given(here, local, hers, name):
    for person in (here.registrar, local):
        assert hers.post(f"/people/{person.pk}/", form_data(person, role=role(name))).status_code == 422
        with pytest.raises(PermissionDenied):
            accounts.change_user(of_user(local), person.pk, {}, Group.objects.get(name=name))
    assert not here.registrar.groups.filter(name=name).exists()
    new = {"first_name": "A", "last_name": "B", "username": "ab", "email": "", "local_id": "", "is_active": "on"}
    assert hers.post("/people/add/", new | {"role": role(name)}).status_code == 422


def test_roles_hold_everywhere_and_are_not_changed(here, local, hers):
    mine = local.groups.get()
    answer = hers.post("/roles/", {"role": mine.pk, f"role{mine.pk}-permissions": ["people", "all_schools"]})
    assert answer.status_code == 403
    assert not mine.permissions.filter(codename="all_schools").exists()


def who_sees_more(here, who):
    return {
        "all schools": lambda: here.admin,
        "another school": lambda: here.stranger,
        "deactivated": lambda: UserFactory(role="District officer", is_active=False),
        "superuser": lambda: UserFactory(is_superuser=True),
    }[who]()


@pytest.mark.parametrize("who", ["all schools", "another school", "deactivated", "superuser"])
def test_there_is_no_way_into_an_account_that_sees_more(here, hers, who):
    person, address = who_sees_more(here, who), "taken@over.example"
    data = {
        "first_name": "A",
        "last_name": "B",
        "username": person.username,
        "email": address,
        "local_id": "",
        "is_active": "on",
    }
    assert hers.post(f"/people/{person.pk}/", data | {"role": role("Registrar")}).status_code == 403
    assert hers.post(f"/people/{person.pk}/link/").status_code in (302, 403)
    person.refresh_from_db()
    assert person.email != address
    assert not Invitation.objects.filter(user=person).exists()
    assert hers.get(f"/people/{person.pk}/").status_code == 200


def test_no_token_of_a_program_that_sees_more(here, hers):
    program = ServiceFactory(role="District officer")
    form = {"token-name": "Bus", "token-scope": "read", "token-expires_at": "", "token-present": PASSWORD}
    assert hers.post(f"/people/{program.pk}/tokens/", form).status_code == 403
    assert not ApiToken.objects.filter(user=program).exists()


def test_people_of_ones_own_schools_are_looked_after(here, hers):
    assert (
        hers.post(f"/people/{here.registrar.pk}/", form_data(here.registrar, email="new@school.example")).status_code
        == 302
    )
    assert hers.post(f"/people/{here.registrar.pk}/link/").status_code in (200, 302)  # by mail where there is a server
    assert Invitation.objects.filter(user=here.registrar).exists()


def test_who_may_approve_is_switched_for_all_schools_by_who_sees_them(here, hers, as_person):
    assert hers.get("/setup/approval/").status_code == 403
    assert hers.post("/setup/approval/", {"version": "1", "four_eyes": "on"}).status_code == 403
    assert not ApprovalSettings.load().four_eyes
    assert as_person(here.admin).get("/setup/approval/").status_code == 200
