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
# A live preview that the next keystroke replaces (hx-sync): htmx reports it as an error, and it is meant. What fails says sendError.
REPLACED = re.compile(r"htmx:(afterRequest|sendAbort)\b")
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
        meant = REPLACED.match(message.text) or (own and int(own[1]) in EXPECTED)
        if message.type in {"error", "warning"} and not meant:
            self.wrong.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname != "127.0.0.1":
            self.wrong.append(f"asked another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.wrong.append(f"answer {response.status}: {response.url}")


COLOURS = ["color-contrast", "link-in-text-block"]  # what a theme can break; structure is the same in both
# Two texts of each look: fifty rows are alike in all that a colour can go wrong by (own style, and what stands behind it).
# Two, should something lie over the first.
LOOKS = """not => {
    const behind = new Map(), seen = new Map();
    const look = one => {
        if (!one) return '';
        if (!behind.has(one)) {
            const s = getComputedStyle(one);
            const own = [one.tagName, one.getAttribute('class'), s.color, s.backgroundColor, s.backgroundImage, s.opacity,
                s.position, s.filter, s.mixBlendMode, s.fontSize, s.fontWeight, s.textDecorationLine, s.textShadow];
            behind.set(one, own.join(' ') + ' | ' + look(one.parentElement));
        }
        return behind.get(one);
    };
    const speaks = one => one.matches('a, button, input, select, textarea, summary') ||
        [...one.childNodes].some(part => part.nodeType === Node.TEXT_NODE && part.nodeValue.trim());
    const isNew = one => seen.set(look(one), (seen.get(look(one)) || 0) + 1).get(look(one)) <= 2;
    return [...document.querySelectorAll('body, body *')].filter(
        one => speaks(one) && one.checkVisibility({checkVisibilityCSS: true}) && !one.closest(not) && isNew(one));
}"""
RUN = (
    """async ([tags, colours, not]) => {
    const found = [];
    if (tags) {
        const without = Object.fromEntries(colours.map(name => [name, {enabled: false}]));
        const options = {runOnly: {type: 'tag', values: tags}, rules: without, resultTypes: ['violations']};
        found.push(...(await window.axe.run({exclude: [[not]]}, options)).violations);
    }
    const looks = ("""
    + LOOKS
    + """)(not);
    if (looks.length) {
        const options = {runOnly: {type: 'rule', values: colours}, resultTypes: ['violations']};
        found.push(...(await window.axe.run({include: looks, exclude: [[not]]}, options)).violations);
    }
    return found.map(v => `${v.id} (${v.impact}): ${v.help}: ${v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' +
        n.failureSummary.replace(/\\s+/g, ' ').slice(0, 240)).join(' | ')}`);
}"""
)


def axe(page: Page, *, colours_alone: bool = False) -> list[str]:
    """Violations on the page as it stands, one line each; all rules of TAGS, or only those of COLOURS."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(f"() => {{ {AXE}\n}}")
    page.evaluate(
        "document.getAnimations().forEach(a => { try { a.finish() } catch { a.cancel() } })"
    )  # colours on their way
    found = page.evaluate(RUN, [None if colours_alone else TAGS, COLOURS, THIRD_PARTY])
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
