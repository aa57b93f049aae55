"""How often one may ask: by token, person and address, shared by all processes; and what wrong passwords cost."""

import os
import sqlite3
import subprocess
import sys
import time

import pytest
import time_machine
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operations import counters, throttle
from operations.rules import addresses
from operations.rules.throttle import wait
from tests import factories
from tests.api.conftest import client_of, problem
from tests.factories.people import PASSWORD


@pytest.fixture(autouse=True)
def limits(settings, tmp_path, monkeypatch):
    settings.THROTTLE = True
    settings.THROTTLE_TOKEN, settings.THROTTLE_PERSON, settings.THROTTLE_ADDRESS = (3, 2), (5, 4), 4
    settings.CACHES = {
        **settings.CACHES,
        "counters": {"BACKEND": "operations.counters.FileCache", "LOCATION": str(tmp_path / "counters.sqlite3")},
    }
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    monkeypatch.setattr(throttle, "window", lambda now: (7, 33))  # no test falls into two minutes
    counters._breaker.closed_until = 0
    caches["default"].clear()


@pytest.fixture
def wall_clock_stands():
    """However slow the machine is, no wait is over and no minute ends within a test."""
    with time_machine.travel(time.time(), tick=False):
        yield


@pytest.fixture
def officer(db):
    return factories.UserFactory(username="officer", role="District officer")


def statuses(number, ask):
    return [ask().status_code for _ in range(number)]


def test_a_token_has_its_reads_and_writes_a_minute(officer):
    api = client_of(officer)
    first = api.get("schools/")
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"], first["RateLimit-Reset"]) == ("3", "2", "33")
    assert statuses(3, lambda: api.get("schools/")) == [200, 200, 429]
    refused = api.get("schools/")
    told = problem(refused, 429)
    assert told["type"].endswith("too_many_requests")
    assert refused["Retry-After"] == "33"
    assert refused["RateLimit-Remaining"] == "0"
    assert statuses(3, lambda: api.post("jobs/1/cancel/", {})) == [404, 404, 429], "writes are counted for themselves"


def test_a_person_has_one_account_for_all_tokens(officer):
    tokens = [client_of(officer) for _ in range(3)]
    assert [api.get("schools/").status_code for api in tokens * 2] == [200] * 5 + [429]
    refused = tokens[0].get("schools/")
    assert (refused.status_code, refused["RateLimit-Limit"], refused["RateLimit-Remaining"]) == (429, "5", "0")
    assert statuses(1, lambda: client_of(factories.UserFactory(role="District officer")).get("schools/")) == [200]


def test_a_person_in_the_browser_reads_it_on_a_page(officer):
    browser = Client()
    browser.force_login(officer)
    assert statuses(6, lambda: browser.get("/words/")) == [200] * 5 + [429]
    page = browser.get("/words/")
    assert "Too many requests" in page.content.decode()
    assert page["Retry-After"] == "33"


def test_strangers_share_their_address_and_take_nothing_from_the_known(officer):
    assert statuses(5, lambda: Client().get("/sign-in/")) == [200] * 4 + [429]
    guess = Client(headers={"Authorization": "Token guessed"})
    refused = guess.get("/api/v1/schools/")
    assert refused.status_code == 429, "a token that nobody knows counts for the address"
    assert (refused["RateLimit-Limit"], refused["RateLimit-Remaining"]) == ("4", "0"), "so do the numbers that it reads"
    assert client_of(officer).get("schools/").status_code == 200
    assert Client(REMOTE_ADDR="203.0.113.9").get("/sign-in/").status_code == 200


def test_health_is_never_refused(db):
    assert set(statuses(9, lambda: Client().get("/livez"))) == {200}


def test_counting_asks_the_database_nothing(officer, settings):
    api, browser = client_of(officer), Client()
    browser.force_login(officer)
    settings.THROTTLE_TOKEN = settings.THROTTLE_PERSON = (1000, 1000)

    def count_queries(client, address):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    for client, address in ((api, "/api/v1/schools/"), (browser, "/words/")):
        settings.THROTTLE = True
        count_queries(client, address)  # once for what a process keeps
        counted = count_queries(client, address)
        settings.THROTTLE = False
        assert counted == count_queries(client, address)


def test_a_caller_has_a_few_requests_at_work_at_once(settings):
    settings.THROTTLE_AT_ONCE = 2
    at_work, caller, other = throttle._AtWork(), throttle.Caller("person", "1"), throttle.Caller("person", "2")
    ends = [at_work.enter(caller) for _ in range(2)]
    with pytest.raises(throttle.bodies.Refused, match="limit is 2 requests"):
        at_work.enter(caller)
    at_work.enter(other)
    ends[0]()
    ends[0]()  # twice is once
    at_work.enter(caller)
    with pytest.raises(throttle.bodies.Refused):
        at_work.enter(caller)


def test_requests_that_end_badly_leave_nothing_at_work(officer, settings):
    settings.THROTTLE_AT_ONCE = 1
    settings.THROTTLE_TOKEN = settings.THROTTLE_PERSON = (1000, 1000)
    api = client_of(officer)
    for path in ("schools/", "nonsense/", "schools/9999/", "jobs/?x=1"):
        api.get(path)
    assert not throttle._at_work.numbers


COUNTING = """
import sys
from operations.counters import FileCache
cache = FileCache(sys.argv[1], {})
for _ in range(300):
    try:
        cache.incr("hits")
    except ValueError:
        if not cache.add("hits", 1, 60):
            cache.incr("hits")
"""


def test_two_processes_count_together(tmp_path):
    path = str(tmp_path / "shared.sqlite3")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    both = [subprocess.Popen([sys.executable, "-c", COUNTING, path], env=environment) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    # Read by a process too: the clock of this one may have been moved.
    read = f"from operations.counters import FileCache; print(FileCache({path!r}, {{}}).get('hits'))"
    assert subprocess.check_output([sys.executable, "-c", read], env=environment, text=True).strip() == "600"


@pytest.mark.postgresql
def test_with_redis_the_counters_are_there(settings):
    settings.CACHES = {
        **settings.CACHES,
        "counters": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": settings.REDIS_URL, "KEY_PREFIX": "tests",
        },
    }  # fmt: skip
    key = f"tried:{os.getpid()}"
    counters.forget(key)
    assert [counters.count(key, 60) for _ in range(3)] == [1, 2, 3]
    assert counters.get(key) == 3
    counters.put(key, 9, 60)
    assert counters.count(key, 60) == 10
    counters.forget(key)
    assert counters.get(key) == 0
    assert counters._breaker.closed_until == 0


def test_numbers_end_with_their_time(tmp_path, monkeypatch):
    cache, now = counters.FileCache(str(tmp_path / "c"), {}), time.time()
    assert cache.add("a", 1, 60)
    assert not cache.add("a", 5, 60)
    assert cache.incr("a") == 2
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert cache.get("a") is None
    with pytest.raises(ValueError):
        cache.incr("a")
    assert cache.add("a", 1, 60)
    assert cache.delete("a")
    with sqlite3.connect(tmp_path / "c") as wire:
        assert wire.execute("SELECT count(*) FROM counter").fetchone() == (0,)


def test_counters_that_are_away_refuse_nobody_and_cost_no_time(officer, settings):
    settings.CACHES = {
        **settings.CACHES,
        "counters": {"BACKEND": "operations.counters.FileCache", "LOCATION": "/nowhere/at/all"},
    }
    api = client_of(officer)
    assert statuses(4, lambda: api.get("schools/")) == [200, 200, 200, 429], "each process counts for itself"
    assert counters._breaker.closed_until > time.monotonic()


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.1", "198.51.100.7"),  # nobody whom we believe
        ("10.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.1", "203.0.113.1"),  # what stands before it the client wrote
        ("10.0.0.1", "203.0.113.1, 10.0.0.2", "203.0.113.1"),
        ("10.0.0.1", "203.0.113.1:5000", "203.0.113.1"),
        ("10.0.0.1", "[2001:db8::1]:5000", "2001:db8::1"),
        ("::ffff:10.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "203.0.113.1", ""),
    ],
)
def test_only_named_proxies_say_where_a_client_sits(peer, forwarded, client):
    assert addresses.client(peer, forwarded, addresses.networks(["10.0.0.0/24"])) == client


def test_the_address_of_the_client_stands_everywhere(db, settings):
    settings.TRUSTED_PROXIES = addresses.networks(["127.0.0.1"])
    ask = lambda who: Client().get("/sign-in/", headers={"X-Forwarded-For": f"9.9.9.9, {who}"})  # noqa: E731
    assert statuses(5, lambda: ask("203.0.113.1")) == [200] * 4 + [429]
    assert ask("203.0.113.2").status_code == 200


def test_an_ipv6_site_counts_as_one():
    assert addresses.site("2001:db8::1") == addresses.site("2001:db8::ffff") == "2001:db8::/64"
    assert addresses.site("203.0.113.1") == "203.0.113.1"
    assert addresses.site("") == ""


# --- wrong passwords ---


def test_a_name_waits_ever_longer_and_at_most_a_minute():
    assert [wait(failures) for failures in (0, 4, 5, 6, 7, 10, 11, 500)] == [0, 0, 1, 2, 4, 32, 60, 60]


def sign_in(name, password, address):
    return Client(REMOTE_ADDR=address).post("/sign-in/", {"username": name, "password": password})


def test_guessing_from_many_addresses_makes_a_name_wait_but_not_where_its_person_sits(officer, settings):
    settings.THROTTLE_ADDRESS = 1000
    at_home, elsewhere = "198.51.100.1", "198.51.100.2"
    assert sign_in("officer", PASSWORD, at_home).status_code == 302
    for number in range(12):
        sign_in("officer", "wrong", f"203.0.113.{number}")
        counters.forget(throttle_key("until"))  # a patient one
    sign_in("officer", "wrong", "203.0.113.99")
    waits = sign_in("officer", PASSWORD, elsewhere)
    assert waits.status_code == 429
    assert 50 <= int(waits["Retry-After"]) <= 60
    assert "seconds" in waits.content.decode()
    assert sign_in("officer", PASSWORD, at_home).status_code == 302
    assert sign_in("officer", PASSWORD, elsewhere).status_code == 302, (
        "the person has signed in: the name is free again"
    )


def throttle_key(what):
    from operations import signing_in

    return signing_in._key(what, "officer")


def test_many_names_from_one_address_end_with_its_minute(officer, settings, wall_clock_stands):
    settings.THROTTLE_ADDRESS, settings.SIGN_IN_FAILURES = 1000, 6
    answers = [sign_in(f"name{number}", "wrong", "203.0.113.1").status_code for number in range(8)]
    assert answers == [200] * 6 + [429] * 2
    assert sign_in("officer", PASSWORD, "203.0.113.2").status_code == 302


def test_an_administrator_ends_the_wait(officer, wall_clock_stands):
    from operations.actor import SYNC
    from operations.services import accounts

    for number in range(6):
        sign_in("officer", "wrong", f"203.0.113.{number}")
    assert sign_in("officer", PASSWORD, "203.0.113.50").status_code == 429
    accounts.unlock(SYNC, officer)
    assert sign_in("officer", PASSWORD, "203.0.113.50").status_code == 302
