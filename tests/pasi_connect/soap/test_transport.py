"""The wire itself: certificates, time and size. What goes wrong is told by whether PASI may have seen the request."""

import socket
import ssl
import threading
import time

import pytest

from pasi_connect.demo import certificates
from pasi_connect.soap import transport
from pasi_connect.soap.limits import TooMuch
from pasi_connect.soap.transport import HungUp, NoAnswer, NotSent, Refused, Transport
from tests.moments import machine_now
from tests.pasi_connect.soap.server import BadServer, answer, drip

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return certificates.ensure(tmp_path_factory.mktemp("tls"), organization="A.1750", now=machine_now())


@pytest.fixture
def serve(files):
    servers = []

    def start(script, **more):
        servers.append(BadServer(files, script, **more))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def client(files, certificate=None):
    certificate = certificate or files.client
    return Transport(certificate, files.key_of(certificate), files.ca)


def test_an_answer_comes_through(files, serve):
    server = serve(answer(b"<ok/>", status="500 Internal Server Error"))
    reply = client(files).post(server.url, b"<question/>", "urn:ask", 5)
    assert (reply.status, reply.body) == (500, b"<ok/>")
    assert server.requests == [b"<question/>"]


def test_the_bundle_of_the_environment_does_not_overrule_our_own_authority(files, serve, monkeypatch, tmp_path):
    """requests would otherwise check PASI against REQUESTS_CA_BUNDLE, and send through a proxy."""
    other = certificates.ensure(tmp_path / "other", organization="A.1", now=machine_now())
    server = serve(answer(b"<ok/>"))
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(other.ca))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert client(files).post(server.url, b"", "", 5).body == b"<ok/>"
    # And the other way round: what the environment trusts is not trusted here.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(files.ca))
    strict = Transport(files.client, files.key_of(files.client), other.ca)
    with pytest.raises(Refused, match="not signed by an authority that we trust"):
        strict.post(server.url, b"", "", 5)


@pytest.mark.parametrize(
    "first",
    [
        HEAD + b"Content-Length: 100000\r\n\r\n",
        HEAD + b"\r\n",
        HEAD + b"X-Slow: ",
        b"",
    ],
    ids=["body", "body-without-length", "header", "status-line"],
)
def test_a_slow_drip_ends_at_the_deadline(files, serve, first):
    server = serve(drip(first, seconds=8))
    started = time.monotonic()
    with pytest.raises(NoAnswer):
        client(files).post(server.url, b"", "", 0.6)
    assert 0.5 < time.monotonic() - started < 5


def test_a_chunked_drip_ends_at_the_deadline(files, serve):
    def chunks(connection):
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(160):
            connection.sendall(b"1\r\nx\r\n")
            time.sleep(0.05)

    started = time.monotonic()
    with pytest.raises(NoAnswer):
        client(files).post(serve(chunks).url, b"", "", 0.6)
    assert time.monotonic() - started < 5


def test_silence_ends_at_the_deadline(files, serve):
    started = time.monotonic()
    with pytest.raises(NoAnswer):
        client(files).post(serve(lambda connection: time.sleep(8)).url, b"", "", 0.5)
    assert time.monotonic() - started < 5


def test_after_a_drip_the_same_transport_serves_again(files, serve):
    ours = client(files)
    with pytest.raises(NoAnswer):
        ours.post(serve(drip(HEAD + b"Content-Length: 100000\r\n\r\n", 3)).url, b"", "", 0.3)
    assert ours.post(serve(answer(b"<ok/>")).url, b"", "", 5).body == b"<ok/>"


def test_too_large_an_answer_is_ended(files, serve, monkeypatch):
    monkeypatch.setattr(transport, "MOST_BYTES", 200_000)
    sent = []

    def flood(connection):
        connection.sendall(HEAD + b"Content-Length: 100000000\r\n\r\n")
        for _ in range(1600):
            connection.sendall(b"x" * 65536)
            sent.append(1)

    with pytest.raises(TooMuch, match="larger"):
        client(files).post(serve(flood).url, b"", "", 10)
    assert len(sent) < 1600


def test_a_packed_answer_is_not_unpacked(files, serve):
    packed = HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nxxxxx"
    server = serve(lambda connection: connection.sendall(packed))
    with pytest.raises(TooMuch, match="packed"):
        client(files).post(server.url, b"", "", 5)


def test_an_answer_of_the_greatest_size_is_taken(files, serve, monkeypatch):
    monkeypatch.setattr(transport, "MOST_BYTES", 200_000)
    reply = client(files).post(serve(answer(b"x" * 200_000)).url, b"", "", 10)
    assert len(reply.body) == 200_000


def test_a_redirect_is_not_followed(files, serve):
    elsewhere = serve(answer(b"<stolen/>"))
    redirect = (f"HTTP/1.1 307 Go\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n").encode()
    server = serve(lambda connection: connection.sendall(redirect))
    assert client(files).post(server.url, b"<secret/>", "", 5).status == 307
    assert elsewhere.requests == []


def test_a_connection_cut_in_mid_answer_is_no_answer(files, serve):
    server = serve(lambda connection: connection.sendall(HEAD + b"Content-Length: 500\r\n\r\n<half"))
    with pytest.raises(NoAnswer):
        client(files).post(server.url, b"", "", 5)


def test_a_connection_closed_without_an_answer_is_no_answer(files, serve):
    with pytest.raises(NoAnswer):
        client(files).post(serve(lambda connection: None).url, b"", "", 5)


def test_nobody_listening_means_that_nothing_was_sent(files):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotSent):
        client(files).post(f"https://127.0.0.1:{port}/", b"", "", 5)


def test_a_connection_closed_before_the_handshake_means_that_nothing_was_sent(files):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def slam():
            while True:
                try:
                    listening.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=slam, daemon=True).start()
        with pytest.raises(HungUp):
            client(files).post(f"https://127.0.0.1:{port}/", b"", "", 5)


def test_a_certificate_that_is_refused_without_a_word_is_told_from_nobody_listening(files):
    """A server that looks at the certificate itself and hangs up: TLS would allow a reason and does not demand one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server, files.key_of(files.server))
    context.load_verify_locations(files.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 0  # a ticket would say welcome
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def turn_away():
            raw, _address = listening.accept()
            with context.wrap_socket(raw, server_side=True) as connection:
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

        threading.Thread(target=turn_away, daemon=True).start()
        with pytest.raises(HungUp, match="handshake"):
            client(files).post(f"https://127.0.0.1:{listening.getsockname()[1]}/", b"", "", 5)


def test_an_expired_certificate_is_told_in_words(files, serve):
    with pytest.raises(Refused, match="expired"):
        client(files, files.expired_client).post(serve(answer(b"<ok/>")).url, b"", "", 5)


def test_a_client_of_an_authority_that_they_do_not_know_is_told_in_words(files, serve, tmp_path):
    other = certificates.ensure(tmp_path / "other", organization="A.1", now=machine_now())
    stranger = Transport(other.client, other.key_of(other.client), files.ca)
    with pytest.raises(Refused, match="does not know the certificate's authority"):
        stranger.post(serve(answer(b"<ok/>")).url, b"", "", 5)


def test_nobody_is_trusted_beside_our_own_authority(files, serve):
    """requests would load the authorities of the public web into our context with the first connection."""
    caller = client(files)
    caller.post(serve(answer(b"<ok/>")).url, b"", "", 5)
    trusted = caller.session.adapters["https://"].context.get_ca_certs()
    assert len(trusted) == files.ca.read_text().count("BEGIN CERTIFICATE")


def test_a_server_with_another_name_is_refused(files, serve):
    server = serve(answer(b"<ok/>"), host="127.0.0.2")
    with pytest.raises(Refused, match="another address"):
        client(files).post(server.url, b"", "", 5)
    assert server.requests == []


@pytest.mark.parametrize("content", [None, b"not a certificate"])
def test_files_that_cannot_be_used_are_told(files, tmp_path, content):
    broken = tmp_path / "client.pem"
    if content is not None:
        broken.write_bytes(content)
    with pytest.raises(Refused, match="certificate files cannot be"):
        Transport(broken, files.key_of(files.client), files.ca)


def test_a_file_that_changed_asks_for_a_new_transport(files, tmp_path):
    renewed = tmp_path / "client.pem"
    renewed.write_bytes(files.client.read_bytes())
    ours = Transport(renewed, files.key_of(files.client), files.ca)
    assert ours.is_current(renewed, files.key_of(files.client), files.ca)
    renewed.write_bytes(files.client.read_bytes() + b"\n")
    assert not ours.is_current(renewed, files.key_of(files.client), files.ca)
