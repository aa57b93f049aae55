"""Who gets what at which address: one table, complete."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.contract import world
from tests.contract.access_table import TABLE, Row, expected

METHODS = ("get", "post", "put", "patch", "delete")


def addresses(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """(name with its name space, view) of every address of the product."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            assert pattern.name, f"{pattern.pattern} has no name"
            yield f"{space}{pattern.name}", pattern.callback
        else:
            yield from addresses(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)


def methods(view: Callable[..., Any]) -> set[str]:
    """What the view answers to, as far as it says so; a plain function says nothing."""
    if actions := getattr(view, "actions", None):
        return {name.upper() for name in actions if name in METHODS}
    made = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if made is None:
        return set()
    # Django's form views answer to PUT as to POST.
    own = [name for name in METHODS if hasattr(made, name) and name in made.http_method_names]
    return {name.upper() for name in own if name != "put" or "put" in vars(made)}


def test_every_address_stands_in_the_table():
    told = {(row.name, row.method) for row in TABLE}
    names = {name for name, _ in told}
    missing = {name for name, _ in addresses()} - names
    assert not missing, f"Say in tests/contract/access_table.py who gets what at: {sorted(missing)}"
    unsaid = {(name, method) for name, view in addresses() for method in methods(view)} - told
    assert not unsaid, f"Say it for these methods too: {sorted(unsaid)}"
    assert not names - {name for name, _ in addresses()}


def value(found: dict[str, Any], given: Any) -> Any:
    return found[given[1:]] if isinstance(given, str) and given.startswith("$") else given


def send(client: Client, found: dict[str, Any], row: Row) -> Any:
    """The row's request; gives the answer."""
    path = (
        "/api/v1/nonsense/"
        if row.name == "api:no-such-address"
        else reverse(row.name, args=[found[name] for name in row.args])
    )
    body = {name: value(found, given) for name, given in row.body.items()}
    if row.method == "GET":
        return client.get(path, row.query)
    if row.name.startswith("api:"):
        return client.generic(row.method, path, json.dumps(body), content_type="application/json")
    return client.post(path, body)


def stands_in(word: str, text: str) -> bool:
    """A short number by itself: four digits in a row come by chance in the number of an error, too."""
    return word in text and (len(word) > 4 or bool(re.search(rf"(?<![\w-]){word}(?![\w-])", text)))


class Asking:
    """One actor in one world. Each request is taken back, so that the next one meets the same world."""

    def __init__(self, actor: str) -> None:
        self.found: dict[str, Any] = world.build() | world.further()
        self.words = world.mark()
        self.token = world.tokens(self.found).get(actor)
        client = Client()
        if actor in self.found and not self.token:
            client.force_login(self.found[actor])
        self.cookies = client.cookies.output(header="", sep=";")

    def client(self) -> Client:
        """Signed in anew: an answer may have ended the session."""
        headers = {"Authorization": f"Token {self.token}"} if self.token else {}
        client = Client(raise_request_exception=False, headers=headers)
        client.cookies.load(self.cookies)
        return client

    def ask(self, row: Row) -> tuple[int, set[str]]:
        """The status, and which words of school A the answer tells."""
        cache.clear()  # counts of requests
        with transaction.atomic():
            answer = send(self.client(), self.found, row)
            parts = answer.streaming_content if answer.streaming else [answer.content]
            told = b"".join(parts).decode("utf-8", "replace") + str(answer.headers)
            transaction.set_rollback(True)
        sent = json.dumps([*(str(self.found[name]) for name in row.args), row.query, {
            name: value(self.found, given) for name, given in row.body.items()
        }])  # fmt: skip
        return answer.status_code, {
            word for word in self.words if stands_in(word, told) and word.replace("-", "") not in sent
        }


@pytest.mark.timeout(900)  # every address in one world; half a minute where nothing else runs
@pytest.mark.django_db
@pytest.mark.parametrize("actor", [*world.ACTORS, *world.FURTHER])
def test_every_actor_gets_what_the_table_says_and_reads_of_no_other_school(actor):
    asking, wrong = Asking(actor), {}
    for row in TABLE:
        status, told = asking.ask(row)
        due = expected(row, actor)
        if status != due:
            wrong[str(row), row.args] = f"{status} instead of {due}"
        elif told and actor in world.SEE_NOTHING:
            wrong[str(row), row.args] = f"tells {sorted(told)}"
    assert not wrong, "\n".join(f"{key}: {text}" for key, text in wrong.items())


@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_the_words_of_the_world_are_told_to_those_who_may_read_them():
    """What the test above looks for is there to be found."""
    asking = Asking("registrar_a")
    told: set[str] = set()
    for row in TABLE:
        told |= asking.ask(row)[1]
    unseen = asking.words - told
    assert len(unseen) <= len(asking.words) // 4, unseen
