import datetime as dt
from pathlib import Path

import pytest

from operations import clock
from operations.models import AuditEntry
from pasi_connect import certificate
from pasi_connect.demo.certificates import ensure
from pasi_connect.models import CallerSettings, ConnectionSettings, EnrolmentCopy, Exchange, SyncCursor, SyncSettings
from tests.factories import EnrolmentFactory, link_and_copy, submission

PAGES = ["", "synchronization/", "connection/", "caller/", "certificate/", "guard/"]


def drawn(page):
    form = page.context["form"]
    data = {}
    for bound in form:
        value = bound.value()
        if value is True:
            data[bound.html_name] = "on"
        elif value is not False:
            data[bound.html_name] = "" if value is None else str(value)
    return data


@pytest.fixture
def district(here, as_person):
    return as_person(here.district)


@pytest.fixture
def files(tmp_path):
    """Fresh client certificate, key and authorities, named on the connection page."""
    made = ensure(tmp_path, organization="A.7010", now=clock.now())
    connection = ConnectionSettings.load()
    connection.certificate_file = str(tmp_path / "client.pem")
    connection.key_file = str(tmp_path / "client.key")
    connection.ca_file = str(made.ca)
    connection.save()
    return connection


@pytest.mark.parametrize("page", PAGES)
def test_set_up_is_for_those_who_may(here, as_person, page):
    assert as_person(here.registrar).get(f"/setup/{page}").status_code == 403
    assert as_person(here.registrar).post(f"/setup/{page}").status_code == 403
    for person in (here.district, here.admin):
        assert as_person(person).get(f"/setup/{page}").status_code == 200


def test_settings_are_saved_with_before_and_after(here, district):
    data = drawn(district.get("/setup/synchronization/"))
    assert district.post("/setup/synchronization/", {**data, "polling_interval_seconds": "60"}).status_code == 302
    settings = SyncSettings.load()
    assert (settings.polling_interval_seconds, settings.version) == (60, int(data["version"]) + 1)
    entry = AuditEntry.objects.get(action="settings changed")
    assert (entry.subject_id, entry.changes, entry.user) == (
        "syncsettings",
        {"polling_interval_seconds": [30, 60]},
        here.district,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("historical_years", "3"), ("start_delay_minutes", "31"), ("polling_interval_seconds", "29"),
        ("polling_interval_seconds", "301"), ("data_available_wait_minutes", "0"), ("web_service_timeout_minutes", "31"),
        ("maximum_attempts", "0"), ("maximum_attempts", ""), ("pasiprep_link", "javascript:alert(1)"),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_refused_at_its_field(district, name, value):
    before = SyncSettings.objects.values().get()
    answer = district.post("/setup/synchronization/", {**drawn(district.get("/setup/synchronization/")), name: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [name]
    assert SyncSettings.objects.values().get() == before


def test_two_administrators_do_not_overwrite_each_other(here, district, as_person):
    mine = drawn(district.get("/setup/synchronization/"))
    as_person(here.admin).post("/setup/synchronization/", {**mine, "maximum_attempts": "7"})
    stale = district.post("/setup/synchronization/", {**mine, "maximum_attempts": "9", "start_delay_minutes": "4"})
    assert stale.status_code == 409
    assert SyncSettings.load().maximum_attempts == 7
    rows = {row["label"]: (row["now"], row["entered"]) for row in stale.context["rows"]}
    assert rows == {"Maximum attempts": ("7", "9"), "Start delay": ("5", "4")}
    assert district.post("/setup/synchronization/", drawn(stale)).status_code == 302
    assert SyncSettings.load().maximum_attempts == 9


def test_switching_on_shows_first_what_will_be_sent(here, district):
    SyncSettings.objects.update(regular_synchronization=False)
    for _ in range(3):
        submission(EnrolmentFactory(school=here.school), "held", reason="sync_off")
    data = {**drawn(district.get("/setup/synchronization/")), "regular_synchronization": "on"}
    preview = district.post("/setup/synchronization/", data)
    assert "<strong>3 changes</strong> are held and will be sent now" in preview.content.decode()
    assert not SyncSettings.load().regular_synchronization
    back = district.post("/setup/synchronization/", {**data, "back": "yes"})
    assert back.context["form"]["regular_synchronization"].value() is True
    district.post("/setup/synchronization/", {**data, "confirmed": "yes"})
    assert SyncSettings.load().regular_synchronization


def test_the_address_of_the_service_is_https(district):
    data = drawn(district.get("/setup/connection/"))
    assert district.post("/setup/connection/", {**data, "endpoint_url": "http://pasi.example/2020"}).status_code == 422
    district.post("/setup/connection/", {**data, "endpoint_url": "https://pasi.example/2020"})
    assert ConnectionSettings.load().endpoint_url == "https://pasi.example/2020"


def test_the_caller_is_written_in_latin_letters(district):
    data = drawn(district.get("/setup/caller/"))
    assert district.post("/setup/caller/", {**data, "sync_name": "Łódź"}).status_code == 422
    district.post("/setup/caller/", {**data, "build": "12"})
    assert CallerSettings.load().build == "12"


def test_the_guide_names_what_comes_next(district, files):
    steps = {step.key: (step.state, step.after) for step in district.get("/setup/").context["guide"].steps}
    assert steps["connection"] == ("now", 0)
    assert steps["certificate"] == ("done", 0)
    assert steps["test"] == ("blocked", 1)


def test_the_connection_test_tells_why_it_does_not_work(district, files):
    ConnectionSettings.objects.update(endpoint_url="https://127.0.0.1:1/2020/PASIService2020.svc")
    answer = district.post("/setup/test/", follow=True)
    assert "The connection does not work." in answer.content.decode()
    assert Exchange.objects.get().operation == "HelloWorld"


def test_a_sound_certificate_is_described(district, files):
    page = district.get("/setup/certificate/")
    found = certificate.read()
    assert isinstance(found, certificate.Certificate)
    assert page.context["problem"] is None
    assert found.serial in page.content.decode()
    assert found.key_mode == "0600"
    assert not found.key_open


def test_it_warns_ahead_of_the_end_and_of_an_open_key(district, files):
    found = certificate.read()
    Path(files.key_file).chmod(0o644)
    with clock.moved_to(found.valid_to - dt.timedelta(days=files.warn_days, hours=-1)):
        page = district.get("/setup/certificate/").content.decode()
    assert "Request the next certificate now" in page
    assert "Others can read the private key" in page


def test_what_is_wrong_with_a_certificate_is_said_with_the_next_step(district, files, tmp_path):
    found = certificate.read()
    with clock.moved_to(found.valid_to + dt.timedelta(days=1)):
        assert certificate.read().code == "expired"
    with clock.moved_to(found.valid_from - dt.timedelta(days=1)):
        assert certificate.read().code == "not_yet"
    elsewhere = ensure(tmp_path / "elsewhere", organization="A.7011", now=clock.now())
    cases = {
        "foreign_key": {"key_file": str(elsewhere.directory / "client.key")},
        "foreign_issuer": {"ca_file": str(elsewhere.ca)},
        "missing": {"certificate_file": str(tmp_path / "gone.pem")},
        "unreadable": {"certificate_file": __file__},
    }
    for code, change in cases.items():
        ConnectionSettings.objects.update(
            certificate_file=files.certificate_file, key_file=files.key_file, ca_file=files.ca_file
        )
        ConnectionSettings.objects.update(**change)
        problem = certificate.read()
        assert problem.code == code
        page = district.get("/setup/certificate/").content.decode()
        assert problem.next_step in page


def test_the_guard_waits_for_a_person_who_looked_at_this_list(here, as_person, district):
    gone = [link_and_copy(EnrolmentFactory(school=here.school)).ref_id for _ in range(3)]
    name = SyncCursor.objects.filter(notification_type__startswith="StudentSchoolEnrolment").first().notification_type
    SyncCursor.objects.filter(pk=name).update(guard_stopped_at=clock.now(), guard_missing=[str(key) for key in gone])
    address = f"/setup/guard/{name}/"
    page = district.get(address)
    assert len(page.context["rows"]) == 3
    asked = {"stopped_at": page.context["stopped_at"]}
    assert as_person(here.admin).post(address, asked).status_code == 403
    assert district.post(address, {"stopped_at": "2026-01-01T00:00:00+00:00"}).status_code == 409
    assert not EnrolmentCopy.objects.exclude(vanished_at=None).exists()
    assert district.post(address, asked).status_code == 302
    assert EnrolmentCopy.objects.exclude(vanished_at=None).count() == 3
    assert AuditEntry.objects.get(action="vanished records approved").user == here.district
    assert district.get(address).status_code == 404
    assert district.post(address, asked).status_code == 409
