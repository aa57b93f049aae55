"""Building HTML: plain text is always escaped, except for markup built here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from pasi_simulator.control.http import ControlError, Response

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"
SECURITY = (
    ("Content-Security-Policy", f"{POLICY}; frame-ancestors 'none'"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
)
EMPTY_TAGS = frozenset({"input", "link", "meta", "br"})


class Html(str):
    """Markup that is safe as it stands."""


Child = str | Iterable["Child"] | None


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """An element. `class_` and `for_` lose their underscore, others turn it into a hyphen; True is a bare attribute."""
    words = ""
    for key, value in attributes.items():
        if value is not None and value is not False:
            attribute = key.rstrip("_").replace("_", "-")
            words += f" {attribute}" if value is True else f' {attribute}="{escape(str(value))}"'
    if name in EMPTY_TAGS:
        return Html(f"<{name}{words}>")
    return Html(f"<{name}{words}>{join(children)}</{name}>")


def join(children: Child) -> Html:
    if children is None:
        return Html("")
    if isinstance(children, Html):
        return children
    if isinstance(children, str):
        return Html(escape(children))
    return Html("".join(join(child) for child in children))


def page(title: str, *content: Child, status: int = 200) -> Response:
    places = (
        ("/", "Enrolments"),
        ("/sections/", "Sections"),
        ("/calls/", "Calls"),
        ("/knobs/", "Knobs"),
        ("/published/", "Published"),
    )
    navigation = tag(
        "nav", tag("ul", [tag("li", tag("a", words, href=at)) for at, words in places]), aria_label="Pages"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} · PASIprep (simulated)"),
        tag("link", rel="stylesheet", href="/style.css"),
        tag("link", rel="icon", href="/icon.svg", type="image/svg+xml"),
    )
    body = tag(
        "body",
        tag("a", "Skip to the content", href="#content", class_="skip"),
        tag("header", tag("p", "PASIprep ", tag("span", "simulated, made-up data"), class_="brand"), navigation),
        tag("main", tag("h1", title), *content, id="content"),
    )
    text = f'<!DOCTYPE html><html lang="en">{head}{body}</html>'
    return Response(status, text.encode(), "text/html; charset=utf-8", SECURITY)


def error_page(problem: ControlError) -> Response:
    return page(problem.title, tag("p", problem.detail), status=problem.status)


def redirect(address: str) -> Response:
    return Response(303, b"", "text/plain", (("Location", address),))


def field(
    name: str,
    label: str,
    value: object,
    *,
    options: Sequence[tuple[str, str]] | None = None,
    kind: str = "text",
    hint: str = "",
    problem: str = "",
) -> Html:
    """A label, its input or list, a hint, and what is wrong with it."""
    text = "" if value is None else str(value)
    place = "f-" + name.replace(".", "-")
    ids = [part for part, there in ((f"{place}-hint", hint), (f"{place}-problem", problem)) if there]
    described = " ".join(ids) or None
    invalid = "true" if problem else None
    if options is None:
        control = tag(
            "input", id=place, name=name, type=kind, value=text, aria_describedby=described, aria_invalid=invalid
        )
    else:
        choices = list(options)
        if text and text not in (code for code, _ in choices):
            choices.append((text, text))
        rows = [tag("option", "(none)", value="")]
        rows += [
            tag("option", words if words == code else f"{code}: {words}", value=code, selected=code == text)
            for code, words in choices
        ]
        control = tag("select", rows, id=place, name=name, aria_describedby=described, aria_invalid=invalid)
    return tag(
        "div",
        tag("label", label, for_=place),
        tag("p", hint, id=f"{place}-hint", class_="hint") if hint else None,
        control,
        tag("p", problem, id=f"{place}-problem", class_="problem") if problem else None,
        class_="field",
    )


def hidden(values: Mapping[str, object]) -> list[Html]:
    return [tag("input", type="hidden", name=name, value=str(value)) for name, value in values.items()]


def table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Child]]) -> Html:
    """The first cell of a row is its heading. A wide table scrolls inside its own box."""
    body = [tag("tr", tag("th", row[0], scope="row"), [tag("td", cell) for cell in row[1:]]) for row in rows] or [
        tag("tr", tag("td", "Nothing here.", colspan=len(columns)))
    ]
    built = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", [tag("th", column, scope="col") for column in columns])),
        tag("tbody", body),
    )
    return tag("div", built, class_="scroll", tabindex=0, role="region", aria_label=caption)


def notice(words: Child, kind: str = "done") -> Html:
    return tag("div", words, class_=f"notice {kind}", role="alert" if kind == "wrong" else "status")
