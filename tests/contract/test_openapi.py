"""The API's description is a contract: it changes only on purpose (`make openapi`)."""

from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.urls import get_resolver

from tests.api.conftest import client_of
from tests.factories import UserFactory

FOR_WHOEVER_IS_SIGNED_IN = "/api/v1/"  # every other read needs a permission as well
SNAPSHOT = Path(__file__).parent / "openapi.yaml"


@pytest.fixture(scope="module")
def described():
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue()


def without_ranges(text):
    """Without the ranges of whole numbers, which each database sets as wide as its columns."""
    return [line for line in text.splitlines() if line.strip().split(":")[0] not in {"maximum", "minimum", "format"}]


def test_the_description_is_the_one_that_was_agreed(described):
    agreed = without_ranges(SNAPSHOT.read_text())
    assert without_ranges(described) == agreed, "The API has changed. If that is meant: make openapi"


def test_every_operation_has_a_summary_a_tag_and_its_errors(described):
    for address, operations in yaml.safe_load(described)["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), (address, method)
            assert len(operation["tags"]) == 1
            problems = [code for code in operation["responses"] if code >= "400"]
            assert "401" in problems
            assert ("403" in problems) == (address != FOR_WHOEVER_IS_SIGNED_IN), (address, method)
            for code in problems:
                assert list(operation["responses"][code]["content"]) == ["application/problem+json"]


def test_every_address_of_the_api_is_described(described):
    (resolver,) = [pattern for pattern in get_resolver().url_patterns if getattr(pattern, "namespace", "") == "api"]
    names = {name for name in resolver.reverse_dict if isinstance(name, str)} - {"schema", "docs", "no-such-address"}
    assert len(names) == len(yaml.safe_load(described)["paths"])


@pytest.mark.django_db
def test_the_description_and_its_page_ask_for_a_person_and_load_nothing_from_elsewhere():
    stranger, person = client_of(None), client_of(None)
    person.force_login(UserFactory())
    refused = stranger.get("schema/")
    assert (refused.status_code, refused["Content-Type"]) == (401, "application/problem+json")
    assert refused.json()["status"] == 401
    assert stranger.get("docs/").status_code == 302
    assert person.get("schema/").content.startswith(b"openapi: 3")
    page = person.get("docs/")
    policy = page["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    text = page.content.decode()
    assert "<style" not in text
    assert ' src="http' not in text
    assert "<script>" not in text
    script = person.get("docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert b"/api/v1/schema/" in script.content
