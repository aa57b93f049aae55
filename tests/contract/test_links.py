"""Every link on every page leads, for the person who sees it, to a page that they may open."""

from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from tests.contract import world
from tests.contract.access_table import TABLE

pytestmark = pytest.mark.django_db
# Addresses that a link may name and a GET does not open.
ELSEWHERE = ("/static/", "/api/")


def links(address: str, page: bytes) -> set[str]:
    """Addresses of this site that the page links to."""
    found = {link.get("href") for link in html.fromstring(page).iter("a") if link.get("href")}
    absolute = {urldefrag(urljoin(f"http://testserver{address}", href)).url for href in found}
    return {
        link.removeprefix("http://testserver")
        for link in absolute
        if urlsplit(link).netloc == "testserver" and not urlsplit(link).path.startswith(ELSEWHERE)
    }


@pytest.mark.parametrize("actor", ["registrar_a", "registrar_b", "district", "admin"])
def test_links_lead_only_where_the_person_may_go(actor):
    found = world.build()
    client = Client(raise_request_exception=False)
    client.force_login(found[actor])
    pages = [row for row in TABLE if row.method == "GET" and not row.name.startswith("api:")]
    seen: dict[str, str] = {}
    for row in pages:
        address = reverse(row.name, args=[found[name] for name in row.args])
        answer = client.get(address, row.query)
        if (
            answer.status_code == 200
            and answer.headers["Content-Type"].startswith("text/html")
            and not answer.streaming
        ):
            shown = answer.wsgi_request.get_full_path()
            for link in links(shown, answer.content):
                seen.setdefault(link, shown)
    assert len(seen) > 20
    closed = {link: page for link, page in seen.items() if client.get(link).status_code in (400, 403, 404, 405, 500)}
    assert not closed
