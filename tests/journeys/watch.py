"""What every page of a journey has to hold: a silent console, no other host, nothing that axe finds."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
THIRD_PARTY = "#swagger-ui"  # drawn by a library that we take as it is; the page around it is ours
EXPECTED = {400, 403, 404, 409, 412, 422, 429}  # answers that a page shows to people in words
BROWSERS_OWN_LINE = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")


class Watch:
    """Collects what went wrong in a browser context."""

    def __init__(self, context: BrowserContext) -> None:
        self.wrong: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.wrong.append(f"page error: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        own = BROWSERS_OWN_LINE.match(message.text)
        if message.type in {"error", "warning"} and not (own and int(own[1]) in EXPECTED):
            self.wrong.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname != "127.0.0.1":
            self.wrong.append(f"asked another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.wrong.append(f"answer {response.status}: {response.url}")


def axe(page: Page, *, rules: list[str] | None = None) -> list[str]:
    """Violations on the page as it stands, one line each; all rules of TAGS, or only those that are named."""
    page.evaluate(f"() => {{ if (!window.axe) {{ {AXE}\n}} }}")
    page.evaluate(
        "document.getAnimations().forEach(a => { try { a.finish() } catch { a.cancel() } })"
    )  # colours on their way
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    found = page.evaluate(
        "([only, not]) => window.axe.run({exclude: [[not]]}, {runOnly: only, resultTypes: ['violations']}).then("
        "r => r.violations.map("
        "v => `${v.id} (${v.impact}): ${v.help}: ${v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + "
        "n.failureSummary.replace(/\\s+/g, ' ').slice(0, 240)).join(' | ')}`))",
        [only, THIRD_PARTY],
    )
    return [f"axe on {urlsplit(page.url).path}: {line}" for line in found]


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


# What is read at one glance: names and counts of the navigation and tabs, ASNs and days, buttons.
ONE_LINE = ".sidenav a > span, .tabs a, .n, .asn, .nowrap, time:not(.facts time), kbd, .dockbar .btn"


def broken_lines(page: Page) -> list[str]:
    """Texts of ONE_LINE that stand on two lines."""
    found = page.evaluate(
        """names => [...document.querySelectorAll(names)].filter(one => one.checkVisibility()).filter(one => {
            const all = document.createRange();
            all.selectNodeContents(one);
            const tops = [...all.getClientRects()].filter(box => box.width > 1).map(box => [box.top, box.bottom]);
            return tops.some(([top]) => tops.some(([, bottom]) => top >= bottom - 1));
        }).map(one => one.textContent.replace(/\\s+/g, ' ').trim())""",
        ONE_LINE,
    )
    return [f"on two lines: {text}" for text in found[:5]]


def shortcut(page: Page, key: str) -> None:
    """Presses a key of the product's: before the page is loaded no script listens to it."""
    page.wait_for_load_state()
    page.keyboard.press(key)
