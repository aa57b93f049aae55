"""Nothing that a person or a program gets stays in a browser or a proxy."""

import pytest
from django.db import transaction
from django.test import Client

from tests import factories
from tests.contract import world
from tests.contract.access_table import TABLE
from tests.contract.test_access import send


@pytest.mark.django_db
@pytest.mark.parametrize("actor", ["anonymous", "registrar_a", "district", "admin"])
def test_no_answer_may_be_kept(actor):
    found = world.build()
    kept = {}
    for row in TABLE:
        client = Client(raise_request_exception=False)
        if actor in found:
            client.force_login(found[actor])
        with transaction.atomic():
            answer = send(client, found, row)
            if answer.headers.get("Cache-Control") != "private, no-store":
                kept[str(row)] = answer.headers.get("Cache-Control")
            transaction.set_rollback(True)
    assert not kept


@pytest.mark.django_db
def test_no_answer_to_a_token_may_be_kept():
    found = world.build()
    headers = {"Authorization": f"Bearer {factories.token_of(found['district'])}"}
    asked = [row for row in TABLE if row.name.startswith("api:") and row.method == "GET"]
    client = Client(headers=headers)
    assert {send(client, found, row).headers.get("Cache-Control") for row in asked} == {"private, no-store"}
    assert (
        client.get("/api/v1/schools/", headers={"Authorization": "Bearer nonsense"}).headers["Cache-Control"]
        == "private, no-store"
    )
