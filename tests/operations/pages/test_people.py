import pytest
from django.contrib.auth.models import Group

from operations.models import ApiToken, AuditEntry, User
from sis.models import SchoolAccess
from tests.factories import UserFactory

NEW = "seven-geese-over-the-slough"


def role(name):
    return str(Group.objects.get(name=name).pk)


def given(person, **changes):
    """The person's form as a browser would send it back."""
    names = ("first_name", "last_name", "username", "email", "local_id")
    data = {name: getattr(person, name) for name in names}
    return data | {"role": role(person.groups.get().name), "is_active": "on"} | changes


@pytest.fixture
def admin(here, as_person):
    return as_person(here.admin)


@pytest.mark.parametrize("address", ["/people/", "/people/add/", "/people/{pk}/", "/roles/"])
def test_only_those_who_look_after_people_come_in(here, as_person, address):
    for person in (here.registrar, here.district):
        assert as_person(person).get(address.format(pk=here.registrar.pk)).status_code == 403
    assert as_person(here.admin).get(address.format(pk=here.registrar.pk)).status_code == 200


def test_posts_are_closed_to_others_too(here, as_person):
    for what in ("", "password/", "unlock/", "tokens/", "schools/"):
        assert as_person(here.district).post(f"/people/{here.registrar.pk}/{what}").status_code == 403
    assert as_person(here.district).post("/roles/", {"role": role("Registrar")}).status_code == 403


def test_the_list_filters_by_role_and_state(here, admin):
    UserFactory(role="Registrar", is_active=False)
    assert len(admin.get("/people/").context["rows"]) == 5
    assert len(admin.get("/people/", {"role": "Registrar"}).context["rows"]) == 3
    assert len(admin.get("/people/", {"role": "Registrar", "state": "inactive"}).context["rows"]) == 1


def test_a_person_is_added_with_role_password_and_then_schools(here, admin):
    data = {"first_name": "Tobin", "last_name": "Frost", "username": "tobin", "email": "", "local_id": "", "role": role("Registrar"), "is_active": "on"}  # fmt: skip
    weak = admin.post("/people/add/", {**data, "password": "tobin", "again": "tobin"})
    assert weak.status_code == 422
    assert not User.objects.filter(username="tobin").exists()
    answer = admin.post("/people/add/", {**data, "password": NEW, "again": NEW})
    person = User.objects.get(username="tobin")
    assert answer.url == f"/people/{person.pk}/"
    assert person.check_password(NEW)
    assert person.has_perm("operations.edit_records")
    admin.post(f"/people/{person.pk}/schools/", {"schools": [here.school.pk]})
    assert [access.school for access in SchoolAccess.objects.filter(user=person)] == [here.school]
    admin.post(f"/people/{person.pk}/schools/", {"schools": []})
    assert not SchoolAccess.objects.filter(user=person).exists()
    told = AuditEntry.objects.filter(subject_id=str(person.pk)).order_by("id")
    assert [entry.action for entry in told] == ["user added", *["schools of a person changed"] * 2]
    assert NEW not in str([entry.changes for entry in told])


def test_a_user_name_is_taken_once(here, admin):
    answer = admin.post(f"/people/{here.registrar.pk}/", given(here.registrar, username=here.stranger.username))
    assert answer.status_code == 422
    assert "username" in answer.context["form"].errors


def test_a_changed_role_holds_at_once(here, admin, as_person):
    registrar = as_person(here.registrar)
    assert registrar.get("/setup/").status_code == 403
    admin.post(f"/people/{here.registrar.pk}/", given(here.registrar, role=role("District officer")))
    assert registrar.get("/setup/").status_code == 200
    assert AuditEntry.objects.get(action="user changed").changes == {"role": ["Registrar", "District officer"]}


@pytest.mark.parametrize("change", [{"is_active": ""}, {"role": "Registrar"}])
def test_the_last_administrator_stays(here, admin, change):
    if "role" in change:
        change = {"role": role(change["role"])}
    answer = admin.post(f"/people/{here.admin.pk}/", given(here.admin, **change))
    assert answer.status_code == 422
    assert "last administrator" in answer.content.decode()
    assert admin.get("/people/").status_code == 200
    assert not AuditEntry.objects.exists()
    second = UserFactory(role="Administrator")
    admin.post(f"/people/{second.pk}/", given(second, **change))
    assert AuditEntry.objects.filter(action="user changed", subject_id=str(second.pk)).exists()


def test_a_person_who_may_not_sign_in_is_out_at_once(here, admin, as_person):
    registrar = as_person(here.registrar)
    admin.post(f"/people/{here.registrar.pk}/", given(here.registrar, is_active=""))
    assert registrar.get("/students/").status_code == 302


def test_an_administrator_sets_a_password(here, admin, as_person):
    registrar = as_person(here.registrar)
    answer = admin.post(
        f"/people/{here.registrar.pk}/password/", {"new-password": NEW, "new-again": "different-from-it"}
    )
    assert answer.status_code == 422
    admin.post(f"/people/{here.registrar.pk}/password/", {"new-password": NEW, "new-again": NEW})
    here.registrar.refresh_from_db()
    assert here.registrar.check_password(NEW)
    assert registrar.get("/students/").status_code == 302


def test_an_administrator_makes_and_revokes_tokens(here, admin):
    answer = admin.post(f"/people/{here.registrar.pk}/tokens/", {"token-name": "Bus planner", "token-expires_at": ""})
    assert answer.context["made"] in answer.content.decode()
    token = ApiToken.objects.get(user=here.registrar)
    assert admin.post(f"/people/{here.stranger.pk}/tokens/{token.pk}/revoke/").status_code == 404
    admin.post(f"/people/{here.registrar.pk}/tokens/{token.pk}/revoke/")
    assert not ApiToken.objects.exists()


def test_a_role_gets_exactly_the_permissions_chosen(here, admin, as_person):
    pk = role("Registrar")
    admin.post("/roles/", {"role": pk, f"role{pk}-permissions": ["find", "core_alerts", "approve"]})
    codes = set(Group.objects.get(pk=pk).permissions.values_list("codename", flat=True))
    assert codes == {"find", "core_alerts", "approve"}
    entry = AuditEntry.objects.get(action="role changed")
    assert entry.changes == {
        "permissions": [["core_alerts", "edit_records", "find"], ["approve", "core_alerts", "find"]]
    }
    unknown = admin.post("/roles/", {"role": pk, f"role{pk}-permissions": ["everything"]})
    assert unknown.status_code == 422
    assert admin.post("/roles/", {"role": "x"}).status_code == 404


def test_the_last_role_for_people_keeps_its_permission(here, admin):
    pk = role("Administrator")
    answer = admin.post("/roles/", {"role": pk, f"role{pk}-permissions": ["setup"]})
    assert answer.status_code == 422
    assert Group.objects.get(pk=pk).permissions.filter(codename="people").exists()
