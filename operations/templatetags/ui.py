"""Template tags of the design system: icons, badges, times, fields, addresses, small charts.

Nothing here knows a school or PASI; words and states come in from the page. See docs/developer/design.md.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BaseForm, BoundField
from django.http import QueryDict
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import conditional_escape, format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, pgettext

from operations import offers, wording

register = template.Library()

_WHOLE = re.compile(r"\d{4}-(?:\d{2}-\d{2}|\d{4}-\d)(?!\d)")
UNDO_TAG = "undo="
"""Marks the token of a message's `extra_tags` that carries the address its Undo button posts to."""


@register.simple_tag
def icon(name: str, hue: str = "") -> SafeString:
    """Draw an icon of static/icons.svg. It is hidden from screen readers: a word stands beside it, or in its button.

    `hue` is one of ok, attn, bad, sis, pasi.
    """
    css = f"icon hue-{hue}" if hue else "icon"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', css, static("icons.svg"), name)


@register.inclusion_tag("components/badge.html")
def badge(
    state: Any = "", words: Mapping[Any, Any] | None = None, *, label: Any = "", icon: str = "", level: str = ""
) -> dict[str, Any]:
    """Show the state of one record as icon and word.

    `words` maps the state to {"label", "icon", "level"}; keyword arguments win over it, so a page can say more
    ("Held: conflict"). A state without an entry shows its own name, neutral. Levels: ok, attn, bad, sis, pasi or none.
    """
    entry = (words or {}).get(state) or {}
    return {
        "label": label or entry.get("label") or str(state).replace("_", " "),
        "icon": icon or entry.get("icon") or "info",
        "level": level or entry.get("level") or "",
    }


def _grouped(value: object) -> str:
    digits = str(value or "")
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}" if len(digits) == 9 and digits.isdigit() else digits


@register.simple_tag(name="asn")
def asn_tag(value: object) -> SafeString:
    """Nine digits in the usual groups, 0000-4417-2, in the type of numbers that are compared digit by digit; anything else as it
    is."""
    return format_html('<span class="asn">{}</span>', _grouped(value))


@register.filter
def unbroken(value: Any) -> SafeString:
    """A text whose days and ASNs stay on one line: browsers break behind the hyphen of a number."""
    return mark_safe(_WHOLE.sub(r'<span class="nowrap">\g<0></span>', conditional_escape(value)))  # noqa: S308 - escaped before


@register.filter
def day(value: dt.date) -> str:
    """Saturday, 28 November 2026, as people write it in the language of the page."""
    return _first(value, date_format(value, pgettext("form of a date with its weekday", "l, j F Y")))


def _first(value: dt.date, text: str) -> str:
    """French counts the first day of a month: 1er septembre."""
    french = (get_language() or "").startswith("fr") and value.day == 1
    return re.sub(r"\b1 ", "1er ", text, count=1) if french else text


@register.simple_tag
def colon() -> str:
    """The colon between two things that are shown one after the other; French has a blank before it."""
    return wording.colon()


@register.simple_tag
def when(value: dt.date | dt.datetime | None, style: str = "word", empty: str = "") -> SafeString | str:
    """Write a moment as <time>, with the full date in `title` and the machine's form in `datetime`.

    `style`: "word" (today 14:58, yesterday 09:12, else 2026-11-18 09:12), "clock" (today's as 14:58 alone),
    "plain" (always 2026-11-18 09:12). A date without time loses the clock. None gives `empty`.
    """
    if value is None or value == "":
        return empty
    if isinstance(value, dt.datetime):
        moment = timezone.localtime(value) if timezone.is_aware(value) else value
        day, clock = moment.date(), moment.strftime("%H:%M")
        full, machine = _first(moment, date_format(moment, "j F Y, H:i")), moment.isoformat(timespec="seconds")
    else:
        day, clock = value, ""
        full, machine = _first(value, date_format(value, "j F Y")), value.isoformat()
    text = f"{day.isoformat()} {clock}".strip()
    if style != "plain":
        text = _relative((day - timezone.localdate()).days, clock, style) or text
    return format_html('<time datetime="{}" title="{}">{}</time>', machine, full, text)


def _relative(days: int, clock: str, style: str) -> str:
    """Name the days beside today; whole phrases, since languages order the words differently."""
    if days == 0 and clock:
        return clock if style == "clock" else gettext("today %(clock)s") % {"clock": clock}
    if days == -1 and clock:
        return gettext("yesterday %(clock)s") % {"clock": clock}
    return {0: gettext("today"), -1: gettext("yesterday"), 1: gettext("tomorrow")}.get(days, "") if not clock else ""


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, **options: Any) -> dict[str, Any]:
    """Render a form field whole: label, control, error and help, tied by aria-describedby and aria-invalid.

    Options: `label`, `help` (replace the form's texts) · `optional` (False hides the word "optional", as in filters)
    · `cards` (radio choices as cards) · `switch` (a checkbox as a switch) · `css` (more classes for the control)
    · any other name becomes an attribute of the control, `_` read as `-` (`autocomplete="off"`, `data_key="f"`).
    """
    widget = bound.field.widget
    kind = _kind(widget)
    help_text = options.pop("help", bound.help_text)
    label, cards, switch = options.pop("label", bound.label), options.pop("cards", False), options.pop("switch", False)
    optional = options.pop("optional", not bound.field.required)
    named = bound.auto_id or bound.html_name
    described = [f"{named}-error"] if bound.errors else []
    described += [f"{named}-help"] if help_text else []
    attrs: dict[str, Any] = {name.replace("_", "-"): value for name, value in options.items() if name != "css"}
    css = " ".join(filter(None, [widget.attrs.get("class"), _CLASSES.get(kind, ""), options.get("css")]))
    if css:
        attrs["class"] = css
    if switch:
        attrs["role"] = "switch"
    if described and kind not in _GROUPS:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {
        "bound": bound,
        "kind": "switch" if switch else kind,
        "control": "" if kind in _GROUPS else bound.as_widget(attrs=attrs),
        "options": bound.subwidgets if kind in _GROUPS else [],
        "label": label,
        "help": help_text,
        "named": named,
        "described": " ".join(described),
        "cards": cards,
        "optional": optional and kind not in {"checkbox"},
    }


_GROUPS = frozenset({"radio", "checks"})
_CLASSES = {"input": "input", "date": "input input-date", "select": "select", "textarea": "textarea"}


def _kind(widget: Any) -> str:
    match getattr(widget, "input_type", ""):
        case "checkbox":
            return "checks" if getattr(widget, "allow_multiple_selected", False) else "checkbox"
        case "radio":
            return "radio"
        case "select":
            return "select"
        case "hidden":
            return "hidden"
        case "date":
            return "date"
        case "":
            return "textarea"
    return "date" if type(widget).__name__ == "DateInput" else "input"


@register.filter
def number(value: Any) -> str:
    """A number with its thousands apart, as the language does it: 4,121 or 4 121. Words stay as they are."""
    return number_format(value, force_grouping=True) if isinstance(value, int | float) else str(value)


@register.simple_tag
def code(field: str, value: Any) -> str:
    """A code of a field as people call it, where a higher app knows a word for it."""
    return offers.code_word(field, value)


@register.filter
def minutes(span: dt.timedelta) -> int:
    """A length of time in whole minutes, never less than one."""
    return max(round(span.total_seconds() / 60), 1)


@register.filter
def wrong_fields(form: BaseForm) -> int:
    """How many fields of a form have errors; those of the form as a whole do not count."""
    return sum(name != NON_FIELD_ERRORS for name in form.errors)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The address of this page with some query parameters changed; None or "" takes a parameter out.

    `{% query page=None status="open" %}` gives `?status=open&school=7101`. A list sets a parameter several times.
    """
    request = context.get("request")
    params = request.GET.copy() if request else QueryDict(mutable=True)
    for name, value in changes.items():
        if value is None or value == "":
            params.pop(name, None)
        elif isinstance(value, list | tuple):
            params.setlist(name, [str(item) for item in value])
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}"


@register.filter
def undo_url(message: Message) -> str:
    """The address that takes a message's action back, or "": its attribute, or `undo=…` in its extra tags.

    Only addresses of this site count, so a message can never post a person's token elsewhere.
    """
    url = getattr(message, "undo_url", "")
    for tag in str(message.extra_tags or "").split():
        if tag.startswith(UNDO_TAG):
            url = tag.removeprefix(UNDO_TAG)
    return url if url and url_has_allowed_host_and_scheme(url, allowed_hosts=None) else ""


@register.filter
def is_toast(message: Message) -> bool:
    """Results of one's own action float; warnings, errors and messages tagged `notice` stay in the page."""
    return message.level_tag in {"success", "info", "debug"} and "notice" not in str(message.extra_tags or "").split()


@register.filter
def initials(user: Any) -> str:
    """Two letters for the round mark of a person: of the names, else of the user name."""
    letters = f"{getattr(user, 'first_name', '')[:1]}{getattr(user, 'last_name', '')[:1]}"
    return letters or str(getattr(user, "username", ""))[:2]


@register.inclusion_tag("components/statusbar.html")
def statusbar(parts: Iterable[Mapping[str, Any]], label: str) -> dict[str, Any]:
    """Draw counts as one bar with its legend; `label` says the same in words.

    A part: {"count", "name", "meta", "url", "current"}. Up to four parts; a part that is not nothing is drawn at
    least 2 % wide, so that it can be seen.
    """
    rows = list(parts)
    total = sum(part["count"] for part in rows)
    shares = [max(part["count"] / total, 0.02) if part["count"] else 0.0 for part in rows] if total else []
    scale, x, drawn = (1000 / sum(shares) if shares else 0.0), 0.0, []
    for share in shares:
        width = share * scale
        drawn.append({"x": round(x, 1), "width": round(max(width - 4, 0), 1)})
        x += width
    rects = drawn or [{"x": 0, "width": 0} for _ in rows]
    segments = [{**part, **rect, "seg": n} for n, (part, rect) in enumerate(zip(rows, rects, strict=True), 1)]
    return {"parts": segments, "label": label}


@register.inclusion_tag("components/spark.html")
def spark(values: Iterable[float], label: str, limit: float = 0) -> dict[str, Any]:
    """Draw a row of bars, those over `limit` in a second colour; `label` says the same in words."""
    numbers = [max(float(value), 0.0) for value in values]
    top = max([*numbers, limit, 1.0])
    bars = [
        {"x": n * 20 + 2, "y": round(72 - 68 * v / top, 1), "height": round(68 * v / top, 1), "high": 0 < limit < v}
        for n, v in enumerate(numbers)
    ]
    line = round(72 - 68 * limit / top, 1) if limit else 0
    return {"bars": bars, "width": len(numbers) * 20, "line": line, "label": label}
