"""A key that is committed before the work (PASI is called, files are read meanwhile): at work, died, refused."""

import datetime as dt

import pytest

from operations import clock
from operations.api import idempotency
from operations.models import IdempotencyKey
from reconciliation.services import runs
from tests.api.conftest import client_of, house, problem  # noqa: F401 - a fixture
from tests.reconciliation.conftest import media, sample, upload  # noqa: F401 - a fixture
from tests.reconciliation.files import QUIRKS

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "one"}


@pytest.fixture
def api(house, media):  # noqa: F811
    return client_of(house.district)


def post(api, **given):
    return api.post("reconciliations/", {"type": "CM", **sample(), **given}, format="multipart", headers=KEY)


def begun(api, house, ago=dt.timedelta(0)):  # noqa: F811
    """As a request leaves it that has not been answered."""
    assert post(api).status_code == 202
    IdempotencyKey.objects.update(status=None, body=None, created_at=clock.now() - ago)


def test_while_the_first_is_at_work_the_second_is_told_so(api, house):  # noqa: F811
    begun(api, house)
    body = problem(post(api), 409)
    assert body["type"] == "urn:pasi-connect:problem:still_at_work"


def test_a_key_whose_request_died_is_free_again(api, house):  # noqa: F811
    begun(api, house, ago=idempotency.UNFINISHED + dt.timedelta(seconds=1))
    again = post(api)
    assert again.status_code == 202
    assert "Idempotent-Replay" not in again


def test_the_same_files_are_the_same_request_and_others_are_not(api):
    first = post(api)
    again = post(api)
    assert (again.status_code, again.json(), again["Idempotent-Replay"]) == (202, first.json(), "true")
    problem(post(api, after=sample("SE")["after"]), 422)


def test_a_refusal_leaves_the_key_free(api):
    problem(post(api, before=upload(QUIRKS / "refused_missing_columns.csv", "2027-9102-CM-BeforeDelete.csv")), 400)
    assert not IdempotencyKey.objects.exists()
    assert post(api).status_code == 202


def test_a_fault_of_ours_leaves_the_key_free(api, monkeypatch):
    def breaks(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(runs, "make", breaks)
    api.raise_request_exception = False
    problem(post(api), 500)
    assert not IdempotencyKey.objects.exists()


# --- A replay is an answer like any other ----------------------------------------------------------------------------


@pytest.fixture
def registrar(house):  # noqa: F811
    return client_of(house.registrar_a)


def change(client, house):  # noqa: F811
    return client.patch(f"enrolments/{house.enrolment.pk}/", {"grade": "11"}, headers=KEY)


def send_in_bulk(client, house):  # noqa: F811
    body = {"ids": [house.enrolment.pk], "exit_code": "A7", "reason": "As told."}
    return client.post("enrolments/exit-codes/", body, headers=KEY)


@pytest.mark.parametrize("do", [change, send_in_bulk])
def test_a_replay_is_refused_once_the_school_is_lost(house, registrar, do):  # noqa: F811
    assert do(registrar, house).status_code == 200
    assert do(registrar, house)["Idempotent-Replay"] == "true"
    house.registrar_a.school_access.all().delete()
    body = problem(do(registrar, house), 404)
    assert house.enrolment.student.asn not in str(body)


@pytest.mark.parametrize("do", [change, send_in_bulk])
def test_a_replay_is_refused_once_the_permission_is_lost(house, registrar, do):  # noqa: F811
    assert do(registrar, house).status_code == 200
    house.registrar_a.groups.clear()
    problem(do(registrar, house), 403)


def test_a_replay_is_refused_once_the_record_lies_at_another_school(house, registrar):  # noqa: F811
    assert change(registrar, house).status_code == 200
    type(house.enrolment).objects.filter(pk=house.enrolment.pk).update(school=house.b)
    problem(change(registrar, house), 404)


def test_a_replay_is_refused_once_any_right_of_then_is_lost(house):  # noqa: F811
    """What an answer shows may hang on a permission or a school that the call itself does not ask for."""
    officer = client_of(house.district)
    assert change(officer, house).status_code == 200
    role = house.district.groups.get()
    role.permissions.remove(role.permissions.get(codename="reconciliation"))
    problem(change(officer, house), 403)
    role.permissions.remove(role.permissions.get(codename="all_schools"))
    house.district.school_access.create(school=house.a)
    problem(change(officer, house), 404)


def test_a_key_ends_after_a_day(house, registrar):  # noqa: F811
    assert change(registrar, house).status_code == 200
    IdempotencyKey.objects.update(created_at=clock.now() - idempotency.KEPT)
    again = registrar.patch(f"enrolments/{house.enrolment.pk}/", {"grade": "12"}, headers=KEY)
    assert (again.status_code, "Idempotent-Replay" in again) == (200, False)
