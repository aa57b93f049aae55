import csv
import datetime as dt
from pathlib import Path

import pytest

from operations import clock
from operations.models import AuditEntry, Job, User
from operations.services import jobs
from pasi_connect.demo.certificates import ensure
from pasi_connect.models import (
    CallerSettings,
    ConnectionSettings,
    Discrepancy,
    EnrolmentCopy,
    Exchange,
    MissingRecord,
    StudentCopy,
    SyncCursor,
    SyncSettings,
)
from pasi_connect.services import certificates
from pasi_connect.soap import certificate
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


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("http://pasiprep.example.org/{ref_id}", "The address must begin with https://."),
        ("https://me@pasiprep.example.org/{ref_id}", "The address must not contain a user name"),
        ("https://pasiprep.example.org/", "The address must contain {ref_id} once"),
        ("http://127.0.0.1:9000/{ref_id}", "The address must begin with https://."),
    ],
)
def test_a_bad_pasiprep_address_is_told_at_its_field(district, link, told):
    answer = district.post(
        "/setup/synchronization/", {**drawn(district.get("/setup/synchronization/")), "pasiprep_link": link}
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors["pasiprep_link"][0].startswith(told)


def test_in_the_demo_pasiprep_is_on_this_machine(district, settings):
    settings.DEMO = True
    link = "http://127.0.0.1:9000/enrolments/{ref_id}/"
    data = {**drawn(district.get("/setup/synchronization/")), "pasiprep_link": link}
    assert district.post("/setup/synchronization/", data).status_code == 302
    assert SyncSettings.load().pasiprep_link == link


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
    assert "<strong>3 held changes</strong> will be sent now" in preview.content.decode()
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
    text, large = tmp_path / "text.pem", tmp_path / "large.pem"
    text.write_text("no certificate")
    large.write_bytes(elsewhere.ca.read_bytes() + bytes(64 * 1024))
    cases = {
        "foreign_key": {"key_file": str(elsewhere.directory / "client.key")},
        "foreign_issuer": {"ca_file": str(elsewhere.ca)},
        "missing": {"certificate_file": str(tmp_path / "gone.pem")},
        "unreadable": {"certificate_file": str(text)},
        "outside": {"key_file": __file__},
        "no_file": {"ca_file": str(tmp_path)},
        "too_large": {"ca_file": str(large)},
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


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "/dev/zero", "client.pem", "{0}/../../../etc/passwd", "{0}/link.pem", "{0}"]
)
def test_the_page_takes_no_file_that_it_may_not_have_opened(district, files, tmp_path, name):
    (tmp_path / "link.pem").symlink_to("/etc/passwd")
    data = {**drawn(district.get("/setup/connection/")), "key_file": name.format(tmp_path)}
    answer = district.post("/setup/connection/", data)
    assert answer.status_code == 422
    assert "key_file" in answer.context["form"].errors
    assert ConnectionSettings.load().key_file == files.key_file


def test_installing_replacing_and_testing_a_certificate_is_in_the_audit(district, files, tmp_path):
    def entries(action):
        return list(AuditEntry.objects.filter(action=action).order_by("pk").values_list("actor_name", "changes"))

    ConnectionSettings.objects.update(endpoint_url="https://127.0.0.1:1/PASIService.svc")
    certificates.watch()
    certificates.watch()
    first = certificate.read()
    [(name, changes)] = entries("certificate installed")
    assert changes == {"serial": ["", first.serial], "valid_to": ["", f"{first.valid_to:%Y-%m-%d}"]}
    other = ensure(tmp_path / "next", organization="A.7010", now=clock.now())
    for file in ("client.pem", "client.key", "ca.pem"):
        (tmp_path / file).write_bytes((other.directory / file).read_bytes())
    certificates.watch()
    [(_name, changes)] = entries("certificate replaced")
    assert changes["serial"] == [first.serial, certificate.read().serial]
    district.post("/setup/test/")
    [(name, changes)] = entries("connection tested")
    assert name.startswith(User.objects.get(pk=district.session["_auth_user_id"]).get_full_name())
    assert changes == {"outcome": ["", "unavailable"]}


@pytest.fixture
def stopped(here):
    """The guard has stopped a set of so many enrolments: gives the cursor and the keys."""

    def stop(number):
        gone = [link_and_copy(EnrolmentFactory(school=here.school)).key for _ in range(number)]
        cursor = SyncCursor.objects.filter(notification_type__startswith="StudentSchoolEnrolment").first()
        cursor.guard_stopped_at = clock.now()
        cursor.save()
        rows = [MissingRecord(cursor=cursor, stopped_at=cursor.guard_stopped_at, key=str(key)) for key in gone]
        MissingRecord.objects.bulk_create(rows)
        return cursor, [str(key) for key in gone]

    return stop


def test_the_guard_waits_for_a_person_who_looked_at_this_list(here, as_person, district, stopped):
    cursor, _gone = stopped(3)
    address = f"/setup/guard/{cursor.pk}/"
    page = district.get(address)
    assert len(page.context["rows"]) == 3
    asked = {"stopped_at": page.context["stopped_at"]}
    assert as_person(here.admin).post(address, asked).status_code == 403
    assert district.post(address, {"stopped_at": "2026-01-01T00:00:00+00:00"}).status_code == 409
    assert not Job.objects.exists()
    assert district.post(address, asked).status_code == 302
    job = Job.objects.get()
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done) == ("completed", 3)
    assert EnrolmentCopy.objects.exclude(vanished_at=None).count() == 3
    assert Discrepancy.objects.filter(kind="missing_in_pasi").count() == 3
    assert AuditEntry.objects.get(action="vanished records approved").user == here.district
    assert district.get(address).status_code == 404
    assert district.post(address, asked).status_code == 409


def test_the_guards_list_is_whole_on_its_pages_and_in_its_file(here, district, stopped):
    cursor, gone = stopped(30)
    asn = EnrolmentCopy.objects.get(key=gone[0]).asn
    StudentCopy.objects.create(
        asn=asn, core_version=1, legal_first_name="Ines", legal_last_name="Varga", stored_at=clock.now(), document=b""
    )
    address, seen = f"/setup/guard/{cursor.pk}/", []
    first = district.get(address)
    assert "30 records are missing" in first.content.decode()
    assert "Showing 25 of 30" in first.content.decode()
    assert "Ines Varga" in first.content.decode()
    following = district.get(f"{address}{first.context['pager']['next']}")
    for page in (first, following):
        seen += [row["key"] for row in page.context["rows"]]
    assert seen == gone
    text = b"".join(district.get(f"{address}export/csv/").streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(text.splitlines()))
    assert [line[0] for line in lines[1:]] == gone
    assert lines[1][1:4] == [asn, "Ines Varga", here.school.code]
    assert district.get(f"{address}export/pdf/").status_code == 404


def test_what_pasi_has_told_of_since_does_not_vanish(here, district, stopped):
    cursor, gone = stopped(3)
    EnrolmentCopy.objects.filter(key=gone[0]).update(stored_at=clock.now() + dt.timedelta(seconds=1))
    district.post(f"/setup/guard/{cursor.pk}/", {"stopped_at": cursor.guard_stopped_at.isoformat()})
    jobs.run(Job.objects.get().pk)
    assert [str(ref) for ref in EnrolmentCopy.objects.filter(vanished_at=None).values_list("key", flat=True)] == gone[
        :1
    ]
