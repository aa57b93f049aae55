"""The throw-away certificates: a TLS stack accepts the right ones, and only those are made anew that must be."""

import http.client
import json
import ssl
import stat
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pasi_connect.demo.certificates import EARLIER_ROLES, ROLES, Certificates, ensure
from tests.moments import machine_now

NOW = machine_now().replace(microsecond=0)


def certificates(directory: Path, *, days: int = 0, organization: str = "A.7010") -> Certificates:
    return ensure(directory, organization=organization, now=NOW + timedelta(days=days))


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


class Greeter(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass  # refused handshakes are what the tests are after


@pytest.fixture
def files(tmp_path: Path) -> Certificates:
    return certificates(tmp_path / "certificates")


@pytest.fixture
def port(files: Certificates):
    server = Server(("127.0.0.1", 0), Greeter)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server, files.key_of(files.server))
    context.load_verify_locations(files.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def get(port: int, files: Certificates, client: Path | None, *, host: str = "127.0.0.1") -> int:
    context = ssl.create_default_context(cafile=str(files.ca))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if client:
        context.load_cert_chain(client, files.key_of(client))
    connection = http.client.HTTPSConnection(host, port, context=context, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_client_and_server_shake_hands(port: int, files: Certificates, host: str) -> None:
    assert get(port, files, files.client, host=host) == 200


def test_foreign_client_comes_through_the_handshake_but_is_not_registered(port: int, files: Certificates) -> None:
    assert get(port, files, files.foreign_client) == 200
    registered = {row["certificate_sha256"] for row in json.loads(files.clients.read_text())}
    assert registered == {read(files.client).fingerprint(hashes.SHA256()).hex()}


@pytest.mark.parametrize("client", ["expired_client", None])
def test_expired_or_missing_certificate_is_refused(port: int, files: Certificates, client: str | None) -> None:
    with pytest.raises((ssl.SSLError, OSError, http.client.HTTPException)):
        get(port, files, getattr(files, client) if client else None)


def test_another_authoritys_client_is_refused(port: int, files: Certificates, tmp_path: Path) -> None:
    stranger = certificates(tmp_path / "elsewhere")
    with pytest.raises((ssl.SSLError, OSError, http.client.HTTPException)):
        get(port, files, stranger.client)


def test_keys_are_for_their_owner_alone(files: Certificates) -> None:
    keys = sorted(files.directory.glob("*.key"))
    assert [key.stem for key in keys] == ["ca", "client", "expired_client", "foreign_client", "server"]
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_client_lives_fourteen_months_and_the_expired_one_has_ended(files: Certificates) -> None:
    client = read(files.client)
    assert timedelta(days=420) < client.not_valid_after_utc - NOW <= timedelta(days=427)
    assert read(files.expired_client).not_valid_after_utc < NOW


def contents(files: Certificates) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files.directory.iterdir()}


def test_second_call_changes_nothing(files: Certificates) -> None:
    before = contents(files)
    certificates(files.directory, days=300)
    assert contents(files) == before


def test_renewed_thirty_days_ahead_under_the_same_authority(files: Certificates) -> None:
    before = contents(files)
    certificates(files.directory, days=396)
    after = contents(files)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {
        *(f"{name}.{ending}" for name in ("server", "client", "foreign_client") for ending in ("pem", "key")),
        "clients.json",
    }


@pytest.mark.parametrize("name", ["client.key", "client.pem", "server.key"])
def test_broken_or_missing_file_is_made_again(files: Certificates, name: str) -> None:
    (files.directory / name).unlink()
    certificates(files.directory)
    (files.directory / name).write_text("not a key")
    certificates(files.directory)
    certificate = files.directory / f"{Path(name).stem}.pem"
    context = ssl.create_default_context(cafile=str(files.ca))
    context.load_cert_chain(certificate, files.key_of(certificate))
    read(certificate).verify_directly_issued_by(read(files.ca))


def test_lost_authority_renews_everything(files: Certificates) -> None:
    before = contents(files)
    (files.directory / "ca.key").unlink()
    certificates(files.directory)
    after = contents(files)
    assert not [name for name in before if after[name] == before[name]]


def test_registry_keeps_what_a_person_changed_there(files: Certificates) -> None:
    rows = json.loads(files.clients.read_text())
    rows[0]["client_active"] = False
    files.clients.write_text(json.dumps(rows))
    certificates(files.directory)
    assert json.loads(files.clients.read_text())[0]["client_active"] is False


def test_registry_follows_the_organization(files: Certificates) -> None:
    certificates(files.directory, organization="A.7011")
    assert json.loads(files.clients.read_text())[0]["organizations"] == ["A.7011"]


def test_registry_names_the_roles_of_the_enrolment_path(files: Certificates) -> None:
    [row] = json.loads(files.clients.read_text())
    assert row["roles"] == [
        *("Hello World User", "PASI Client Role", "View Enrolment User", "Submit Enrolment User"),
        *("View Academic Record User", "Submit Academic Record User", "Submit Student User"),
    ]
    assert (row["certificate_active"], row["client_active"], row["ip_addresses"]) == (True, True, None)


@pytest.mark.parametrize(
    ("roles", "expected"),
    [(EARLIER_ROLES[0], ROLES), (EARLIER_ROLES[1], ROLES), (["Hello World User"], ["Hello World User"])],
)
def test_an_earlier_registry_gets_the_roles_of_today_and_one_changed_by_hand_keeps_its_own(
    files: Certificates, roles: list[str], expected: list[str]
) -> None:
    [row] = json.loads(files.clients.read_text())
    files.clients.write_text(json.dumps([row | {"roles": roles, "name": "Ours"}]))
    certificates(files.directory, organization=row["organizations"][0])
    [after] = json.loads(files.clients.read_text())
    assert (after["roles"], after["name"]) == (expected, "Ours")
