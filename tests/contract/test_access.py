"""Who gets what at which address: one table, complete."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.contract import world
from tests.contract.access_table import TABLE, Row

METHODS = ("get", "post", "patch", "delete")


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
    return {name.upper() for name in METHODS if hasattr(made, name) and name in made.http_method_names}


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


def ask(found: dict[str, Any], row: Row, actor: str) -> int:
    client = Client(raise_request_exception=False)
    if actor in found:
        client.force_login(found[actor])
    path = (
        "/api/v1/nonsense/"
        if row.name == "api:no-such-address"
        else reverse(row.name, args=[found[name] for name in row.args])
    )
    body = {name: value(found, given) for name, given in row.body.items()}
    if row.method == "GET":
        return client.get(path, row.query).status_code
    if row.name.startswith("api:"):
        return client.generic(row.method, path, json.dumps(body), content_type="application/json").status_code
    return client.post(path, body).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_every_actor_gets_what_the_table_says(row):
    found = world.build()
    answers = {}
    for actor in world.ACTORS:
        with transaction.atomic():
            answers[actor] = ask(found, row, actor)
            transaction.set_rollback(True)  # the next actor meets the same world
    assert answers == dict(zip(world.ACTORS, map(int, row.statuses.split()), strict=True))
