from html import unescape

import pytest
from django.contrib.auth.models import Group

from alerts import selectors as alerts
from operations.actor import of_user
from operations.models import ApiToken, AuditEntry, Notice, User
from operations.services import people
from sis.models import SchoolAccess
from tests.factories import ServiceFactory, UserFactory
from tests.factories.people import PASSWORD


def role(name):
    return str(Group.objects.get(name=name).pk)


def form_data(person, **changes):
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
    for what in ("", "link/", "unlock/", "tokens/", "schools/"):
        assert as_person(here.district).post(f"/people/{here.registrar.pk}/{what}").status_code == 403
    assert as_person(here.district).post("/roles/", {"role": role("Registrar")}).status_code == 403


def test_the_list_filters_by_role_and_state(here, admin):
    UserFactory(role="Registrar", is_active=False)
    assert len(admin.get("/people/").context["rows"]) == 5
    assert len(admin.get("/people/", {"role": "Registrar"}).context["rows"]) == 3
    assert len(admin.get("/people/", {"role": "Registrar", "state": "inactive"}).context["rows"]) == 1


def test_a_person_is_added_with_role_invitation_and_then_schools(here, admin):
    data = {"first_name": "Tobin", "last_name": "Frost", "username": "tobin", "email": "", "local_id": "", "role": role("Registrar"), "is_active": "on"}  # fmt: skip
    assert admin.post("/people/add/", data).status_code == 200
    person = User.objects.get(username="tobin")
    assert not person.has_usable_password()
    assert person.has_perm("operations.edit_records")
    admin.post(f"/people/{person.pk}/schools/", {"schools": [here.school.pk]})
    assert [access.school for access in SchoolAccess.objects.filter(user=person)] == [here.school]
    admin.post(f"/people/{person.pk}/schools/", {"schools": []})
    assert not SchoolAccess.objects.filter(user=person).exists()
    rows = AuditEntry.objects.filter(subject_id=str(person.pk)).order_by("id")
    assert [entry.action for entry in rows] == ["user added", "invitation made", *["schools of a person changed"] * 2]


def test_a_user_name_is_taken_once(here, admin):
    answer = admin.post(f"/people/{here.registrar.pk}/", form_data(here.registrar, username=here.stranger.username))
    assert answer.status_code == 422
    assert "username" in answer.context["form"].errors


def test_what_pasi_is_told_of_a_person_has_latin_letters(here, admin):
    """The user name may have others as long as there is a local ID."""
    answer = admin.post(f"/people/{here.registrar.pk}/", form_data(here.registrar, username="łucja", local_id=""))
    assert answer.status_code == 422
    assert "local_id" in answer.context["form"].errors
    assert (
        admin.post(
            f"/people/{here.registrar.pk}/", form_data(here.registrar, username="łucja", local_id="l7")
        ).status_code
        == 302
    )


def test_a_changed_role_holds_at_once(here, admin, as_person):
    registrar = as_person(here.registrar)
    assert registrar.get("/setup/").status_code == 403
    admin.post(f"/people/{here.registrar.pk}/", form_data(here.registrar, role=role("District officer")))
    assert registrar.get("/setup/").status_code == 200
    assert AuditEntry.objects.get(action="user changed").changes == {"role": ["Registrar", "District officer"]}


@pytest.mark.parametrize(
    ("change", "told"), [({"email": "new@kestrel.example"}, ["account_changed"]), ({"first_name": "Rhea B."}, [])]
)
def test_another_address_is_told_to_the_person(here, admin, change, told):
    admin.post(f"/people/{here.registrar.pk}/", form_data(here.registrar, **change))
    assert [notice.kind for notice in Notice.objects.filter(person=here.registrar)] == told


@pytest.mark.parametrize("change", [{"is_active": ""}, {"role": "Registrar"}])
def test_the_last_administrator_stays(here, admin, change):
    if "role" in change:
        change = {"role": role(change["role"])}
    answer = admin.post(f"/people/{here.admin.pk}/", form_data(here.admin, **change))
    assert answer.status_code == 422
    assert "last administrator" in answer.content.decode()
    assert admin.get("/people/").status_code == 200
    assert not AuditEntry.objects.exists()
    second = UserFactory(role="Administrator")
    admin.post(f"/people/{second.pk}/", form_data(second, **change))
    assert AuditEntry.objects.filter(action="user changed", subject_id=str(second.pk)).exists()


def test_a_person_who_may_not_sign_in_is_out_at_once(here, admin, as_person):
    registrar = as_person(here.registrar)
    admin.post(f"/people/{here.registrar.pk}/", form_data(here.registrar, is_active=""))
    assert registrar.get("/students/").status_code == 302


def test_nobody_makes_a_token_of_somebody_else(here, admin):
    assert admin.post(f"/people/{here.registrar.pk}/tokens/", {"token-name": "Bus planner"}).status_code == 404
    assert "Make a token" not in admin.get(f"/people/{here.registrar.pk}/").content.decode()
    with pytest.raises(people.NotAllowed):
        people.make_token(of_user(here.admin), here.registrar, "Bus planner")
    assert not ApiToken.objects.exists()


def test_an_administrator_revokes_a_token_and_its_owner_is_told(here, admin, as_person):
    people.make_token(of_user(here.registrar), here.registrar, "Bus planner")
    token = ApiToken.objects.get(user=here.registrar)
    assert admin.post(f"/people/{here.stranger.pk}/tokens/{token.pk}/revoke/").status_code == 404
    admin.post(f"/people/{here.registrar.pk}/tokens/{token.pk}/revoke/")
    assert not ApiToken.objects.exists()
    page = as_person(here.registrar).get("/notices/").content.decode()
    assert f"{here.admin.full_name} revoked your API token “Bus planner”." in page
    assert "Bus planner" not in as_person(here.stranger).get("/notices/").content.decode()
    assert "your API token" not in admin.get("/notices/").content.decode()


def test_a_service_account_is_added_with_role_schools_and_tokens_and_nobody_signs_in_as_it(here, admin, client):
    data = {"last_name": "Bus planning", "username": "bus", "role": role("Registrar"), "is_active": "on"}
    for wrong in ({"last_name": ""}, {"username": "łódź"}, {"role": role("Administrator")}):
        assert admin.post("/people/service-accounts/add/", {**data, **wrong}).status_code == 422
    answer = admin.post("/people/service-accounts/add/", data)
    service = User.objects.get(username="bus")
    assert answer.url == f"/people/{service.pk}/"
    assert service.is_service
    assert not service.has_usable_password()
    admin.post(f"/people/{service.pk}/schools/", {"schools": [here.school.pk]})
    page = admin.post(
        f"/people/{service.pk}/tokens/",
        {"token-name": "Nightly plan", "token-scope": "write", "token-present": PASSWORD},
    )
    made = page.context["new_token"]
    assert f'curl -H "Authorization: Bearer {made}" http://testserver/api/v1/schools/' in unescape(
        page.content.decode()
    )
    listed = client.get("/api/v1/schools/", headers={"Authorization": f"Bearer {made}"}).json()["results"]
    assert [row["code"] for row in listed] == [here.school.code]
    # No password can be set, and none is right.
    assert admin.post(f"/people/{service.pk}/link/").status_code == 404
    assert client.post("/sign-in/", {"username": "bus", "password": "!"}).status_code == 200
    # Changed, and closed at once.
    admin.post(f"/people/{service.pk}/", {**data, "last_name": "Buses", "is_active": ""})
    service.refresh_from_db()
    assert service.full_name == "Buses"
    assert client.get("/api/v1/schools/", headers={"Authorization": f"Bearer {made}"}).status_code == 401
    rows = AuditEntry.objects.filter(subject_id=str(service.pk), entity="user").order_by("id")
    assert [entry.action for entry in rows] == [
        "service account added",
        "schools of a person changed",
        "token made",
        "user changed",
    ]


def test_a_notice_to_a_person_is_ended_by_that_person_alone(here, as_person):
    people.make_token(of_user(here.registrar), here.registrar, "Bus planner")
    notice = Notice.objects.get()
    for other in (here.district, here.admin, here.stranger):
        assert as_person(other).post(f"/notices/{notice.pk}/seen/").status_code == 404
    assert as_person(here.registrar).post(f"/notices/{notice.pk}/seen/").status_code == 302
    notice.refresh_from_db()
    assert notice.seen_by == here.registrar.full_name


def test_the_list_tells_service_accounts_apart(here, admin):
    service = ServiceFactory(schools=[here.school])
    shown = admin.get("/people/", {"kind": "service"})
    assert [row["person"] for row in shown.context["rows"]] == [service]
    assert "Service account" in shown.content.decode()
    assert service not in [row["person"] for row in admin.get("/people/", {"kind": "person"}).context["rows"]]


def test_a_service_account_looks_after_nothing(here):
    service = ServiceFactory(role="Registrar", schools=[here.school])
    assert service not in alerts.colleagues(here.school.code)
    assert here.registrar in alerts.colleagues(here.school.code)


def test_a_role_gets_the_permissions_chosen_and_what_they_presuppose(here, admin, as_person):
    pk = role("Registrar")
    admin.post("/roles/", {"role": pk, f"role{pk}-permissions": ["find", "core_alerts", "approve"]})
    codes = set(Group.objects.get(pk=pk).permissions.values_list("codename", flat=True))
    reads = {"view_records", "view_synchronization"}
    assert codes == {"find", "core_alerts", "approve"} | reads
    entry = AuditEntry.objects.get(action="role changed")
    assert entry.changes == {
        "permissions": [
            ["core_alerts", "edit_records", "find", *sorted(reads)],
            ["approve", "core_alerts", "find", *sorted(reads)],
        ]
    }
    unknown = admin.post("/roles/", {"role": pk, f"role{pk}-permissions": ["everything"]})
    assert unknown.status_code == 422
    assert admin.post("/roles/", {"role": "x"}).status_code == 404


def test_the_last_role_for_people_keeps_its_permission(here, admin):
    pk = role("Administrator")
    answer = admin.post("/roles/", {"role": pk, f"role{pk}-permissions": ["setup"]})
    assert answer.status_code == 422
    assert Group.objects.get(pk=pk).permissions.filter(codename="people").exists()
