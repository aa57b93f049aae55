"""The product runs once for all journeys; each journey has browser contexts of its own."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.journeys.guiding import at_both
from tests.journeys.pictures import Pictures
from tests.journeys.product import PASSWORD, PATIENCE, Json, Product
from tests.journeys.watch import Watch, axe

HERE = Path(__file__).parent
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NewPage = Callable[..., Page]
expect.set_options(timeout=PATIENCE * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder is a journey; the first one also waits for the product to come up."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(tmp_path_factory.mktemp("product"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not path:
        pytest.skip("no Chromium found (CHROMIUM, or chromium on PATH)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, product: Product) -> Callable[[str], Any]:
    """The cookies of a person who has signed in, once for all journeys."""
    kept: dict[str, Any] = {}

    def state(username: str) -> Any:
        if username not in kept:
            context = browser.new_context(base_url=product.url)
            page = context.new_page()
            sign_in(page, username)
            kept[username] = context.storage_state()
            context.close()
        return kept[username]

    return state


def sign_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.goto("/sign-in/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


@pytest.fixture(scope="session")
def at_both_schools(product: Product) -> Iterator[tuple[Json, Json]]:
    """Students of school A with courses at school C, each for one journey: (main, concurrent)."""
    return at_both(product)


@pytest.fixture
def new_page(browser: Browser, product: Product, signed_in: Callable[[str], Any]) -> Iterator[NewPage]:
    """Opens a page, for a signed-in person or for nobody. At the end: console, hosts, and axe on what is still open."""
    opened: list[tuple[BrowserContext, Watch, bool]] = []

    def new(username: str = "", *, base_url: str = product.url, **options: Any) -> Page:
        options = {"viewport": {"width": 1280, "height": 900}, "locale": "en-CA"} | options
        context = browser.new_context(
            base_url=base_url, storage_state=signed_in(username) if username else None, **options
        )
        context.set_default_timeout(PATIENCE * 1000)
        opened.append((context, Watch(context), options.get("java_script_enabled", True)))
        page = context.new_page()
        return page

    yield new
    wrong = []
    for context, watch, with_script in opened:
        for page in context.pages if with_script else ():  # axe is a script itself
            wrong += axe(page)
        wrong += watch.wrong
        context.close()
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="session")
def picture() -> Pictures:
    return Pictures(HERE.parents[1] / "docs" / "user" / "pictures", wanted=bool(os.environ.get("PICTURES")))


@pytest.fixture(autouse=True)
def calm_pasi(request: pytest.FixtureRequest) -> Iterator[None]:
    """A journey that has set PASI's knobs leaves them as they were."""
    yield
    if "product" in request.fixturenames:
        running: Product = request.getfixturevalue("product")
        running.knobs(unavailable=False, delay_ms=0, fault=None)
