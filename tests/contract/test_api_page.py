"""docs/developer/api.md against the description: every address and method, every filter, in both directions."""

import re
from pathlib import Path

import pytest
import yaml

from operations.models import User
from tests.api.conftest import client_of
from tests.factories import UserFactory

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/developer/api.md").read_text()
PATHS = yaml.safe_load((ROOT / "tests/contract/openapi.yaml").read_text())["paths"]
PREFIX = "/api/v1/"
METHODS = "GET|POST|PUT|PATCH|DELETE"
ROW = re.compile(rf"^\| ({METHODS}) \| `([^`]+)` \| (.+?) \| *(.*?) *\|$", re.MULTILINE)
MENTIONED = re.compile(rf"`({METHODS}) ([^`?]+)[^`]*`")
FILTERS = re.compile(r"^\| `([^`]+)` \| (`.*) \|$", re.MULTILINE)
OF_EVERY_LIST = {"after", "before"}


def whole(address):
    return address if address.startswith(PREFIX) else PREFIX + address


def described():
    return {(method.upper(), address) for address, operations in PATHS.items() for method in operations}


def test_the_page_names_every_address_and_method_and_no_other():
    named = [(method, whole(address)) for method, address, _what, _permission in ROW.findall(PAGE)]
    assert sorted(set(named)) == sorted(named)
    assert set(named) == described()


def test_what_the_text_mentions_exists():
    mentioned = {(method, whole(address)) for method, address in MENTIONED.findall(PAGE)}
    assert len(mentioned) >= 4
    assert mentioned <= described()
    # Parts of addresses in the text, as `cancel/` and `jobs/{id}/rows/`.
    for part in set(re.findall(r"`([a-z{}/-]+/)`", PAGE)):
        assert any(address.endswith(f"/{part}") for address in PATHS), part


def test_every_filter_of_every_list_stands_on_the_page():
    named = {whole(address): set(re.findall(r"`(\w+)`", names)) for address, names in FILTERS.findall(PAGE)}
    filters = {}
    for address, operations in PATHS.items():
        parameters = operations.get("get", {}).get("parameters", [])
        found = {row["name"] for row in parameters if row["in"] == "query"} - OF_EVERY_LIST
        if found:
            filters[address] = found
    assert named == filters


def test_permissions_on_the_page_are_permissions():
    known = {codename for codename, _name in User._meta.permissions}
    for method, address, _what, permission in ROW.findall(PAGE):
        words = {word for word in re.findall(r"[a-z_]+", permission) if "_" in word or word in known}
        assert words <= known, (method, address)
        assert permission or method == "GET", (method, address)


@pytest.mark.django_db
def test_the_root_lists_what_the_page_lists():
    client = client_of(None)
    client.force_login(UserFactory())
    answer = client.get("/api/v1/").json()
    listed = {(row["method"], row["address"].removeprefix("http://testserver")) for row in answer["addresses"]}
    assert listed == described()
    assert all(row["summary"] for row in answer["addresses"])
    assert answer["docs"] == "http://testserver/api/v1/docs/"
    assert client.get(answer["schema"]).status_code == 200
