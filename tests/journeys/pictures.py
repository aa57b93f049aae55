"""Pictures of the user guide, taken on the way when PICTURES is set, so that they show what the journeys prove."""

from pathlib import Path

from playwright.sync_api import Page

LARGEST = 250_000  # bytes
STILL = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(".dockbar { position: static !important }");
    document.adoptedStyleSheets = [sheet];
}"""


class Pictures:
    def __init__(self, folder: Path, *, wanted: bool) -> None:
        self.folder, self.wanted = folder, wanted

    def __call__(self, page: Page, name: str, *, width: int = 1280, height: int = 900) -> None:
        """What the window shows, at the top of the page. Does nothing unless pictures are wanted."""
        if not self.wanted:
            return
        before = page.viewport_size
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("window.scrollTo(0, 0)")
        page.mouse.move(0, 0)
        # The bar at the window's lower edge would cover a part of what a tall picture shows.
        # A sheet of its own: htmx copies a style attribute, and the page's policy forbids what it copies.
        page.evaluate(STILL)
        self.folder.mkdir(parents=True, exist_ok=True)
        taken = page.screenshot(path=self.folder / f"{name}.png", animations="disabled", caret="hide")
        page.evaluate("document.adoptedStyleSheets = []")
        assert len(taken) < LARGEST, f"{name}.png has {len(taken)} bytes"
        if before:
            page.set_viewport_size(before)
