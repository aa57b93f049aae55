"""Made-up data for the style guide, so that it shows the components that pages use and not copies of them."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

from django import forms, template
from django.contrib.staticfiles import finders
from django.utils import timezone

from operations.forms.days import DayField

register = template.Library()

STATES = {
    "waiting": {"label": "Waiting", "icon": "clock", "level": ""},
    "held": {"label": "Held", "icon": "pause", "level": "attn"},
    "in_flight": {"label": "On its way", "icon": "send", "level": "sis"},
    "checking": {"label": "Outcome unknown", "icon": "help", "level": ""},
    "accepted": {"label": "In PASI", "icon": "check-circle", "level": "ok"},
    "no_change": {"label": "No change", "icon": "equal", "level": ""},
    "rejected": {"label": "Rejected", "icon": "x-circle", "level": "bad"},
    "needs_review": {"label": "Needs attention", "icon": "eye", "level": "attn"},
    "dead": {"label": "Given up", "icon": "warn", "level": "bad"},
    "cancelled": {"label": "Cancelled", "icon": "x", "level": ""},
    "conflict": {"label": "Conflict", "icon": "split", "level": "attn"},
    "foreign": {"label": "Another school’s record", "icon": "lock", "level": ""},
    "created": {"label": "Created in PASI", "icon": "plus", "level": "pasi"},
}
COLOURS = [
    ("paper", "page ground"),
    ("surface", "panels, tables"),
    ("sunken", "tracks, counts"),
    ("ink", "text"),
    ("ink-2", "second text"),
    ("ink-3", "who, where, when"),
    ("line-strong", "borders of fields"),
    ("sis", "ours, actions, links"),
    ("sis-soft", "our moved value"),
    ("pasi", "PASI’s"),
    ("pasi-soft", "PASI’s changed value"),
    ("agreed-soft", "last agreed"),
    ("ok", "in step, done"),
    ("attn", "a person is needed"),
    ("bad", "refused, failed"),
    ("idle", "neutral state"),
    ("bar", "top bar, toast"),
    ("wheat", "mark, PASI away"),
]


class ExampleForm(forms.Form):
    """One field of each kind; with data it shows how errors look."""

    school = forms.ChoiceField(choices=[("1", "Kestrel Online (S.7104)"), ("2", "Three Rivers High (S.7103)")])
    exit_date = DayField(label="Exit date", required=False, help_text="The planned last day.")
    percentage = forms.IntegerField(label="Program percentage", max_value=100, initial=100)
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), help_text="Kept with the decision. PASI does not receive it."
    )
    kind = forms.ChoiceField(
        label="Exit date type", widget=forms.RadioSelect, choices=[("c", "Completion Date"), ("w", "Withdrawal Date")]
    )
    stay = forms.ChoiceField(
        label="Choose one stay",
        widget=forms.RadioSelect,
        choices=[("1", "since 2026-09-14"), ("2", "since 2026-10-01")],
    )
    apart = forms.BooleanField(
        label="List deleted rows separately", required=False, help_text="They are counted as well."
    )
    sync = forms.BooleanField(label="Regular synchronization", required=False, initial=True)


@register.simple_tag
def examples() -> dict[str, Any]:
    """Everything the style guide shows, by component."""
    now = timezone.now()

    def ago(**span: float) -> dt.datetime:
        return now - dt.timedelta(**span)

    return {
        "now": now,
        "yesterday": ago(days=1),
        "earlier": ago(days=9),
        "colours": COLOURS,
        "icons": re.findall(r'id="i-([a-z-]+)"', Path(str(finders.find("icons.svg"))).read_text()),
        "words": STATES,
        "states": list(STATES),
        "form": ExampleForm(initial={"exit_date": "2026-11-27", "stay": "1"}, auto_id="fine_%s"),
        "filters": ExampleForm(auto_id="filter_%s"),
        "wrong": ExampleForm({"school": "1", "exit_date": "28 August", "percentage": "140"}, auto_id="wrong_%s"),
        "tabs": [
            {"label": "All open", "url": "#g-table", "count": 49, "current": True},
            {"label": "Safe", "url": "#g-table", "count": 38, "icon": "check-circle"},
            {"label": "Conflicts", "url": "#g-table", "count": 9, "icon": "split", "attention": True},
        ],
        "chips": [{"text": "School year: 2026-2027", "url": "#g-table"}, {"text": "State: open", "url": "#g-table"}],
        "rows": [
            {"name": "Maëlle Brightwater", "asn": "000051208", "state": "accepted", "was": "09", "is": "10"},
            {"name": "Kofi Lindqvist", "asn": "000011830", "state": "held", "was": "Day", "is": "Evening"},
        ],
        "facts": [("Legal name", "Ines Marit Halvorsen-Roy"), ("Born", "2010-03-14"), ("Exit code", "")],
        "compared": _compared(),
        "heads": {
            "agreed_at": ago(days=9),
            "sis_by": "Rhea Molnar, here",
            "sis_at": ago(days=1),
            "pasi_by": "T. Vandermolen, A.7010, in PASIprep",
            "pasi_at": ago(days=9),
        },
        "timeline": [
            {"side": "both", "text": "Both sides match", "at": ago(days=40)},
            {"side": "pasi", "text": "Exit date changed in PASIprep", "at": ago(days=3)},
            {"side": "sis", "text": "Exit date changed here", "at": ago(days=2)},
            {"side": "both", "text": "Waits for your decision"},
        ],
        "activity": [
            {"icon": "check-circle", "hue": "ok", "text": "Exit date is in PASI", "at": now, "meta": "Rhea Molnar"},
            {
                "icon": "inbox",
                "hue": "pasi",
                "text": "PASI changed 2 enrolments",
                "at": ago(days=1),
                "meta": "PASIprep",
            },
            {"icon": "undo", "hue": "sis", "text": "Decision undone", "url": "#g-list", "at": ago(days=2)},
        ],
        "waits": [
            {
                "count": 38,
                "title": "Safe changes from PASI",
                "url": "#g-list",
                "text": "Only PASI changed. You can accept them together after a preview.",
                "label": "Review 38 together",
            },
            {
                "count": 9,
                "title": "Conflicts",
                "url": "#g-list",
                "text": "The same field changed here and in PASI. Each needs your decision.",
                "label": "Open the first",
            },
        ],
        "seconds": [5, 7, 8, 34, 9, 6, 6, 5, 6],
        "parts": [
            {"count": 4121, "name": "Perfectly Matched", "meta": "388 equal only after repair", "url": "#g-prog"},
            {"count": 62, "name": "Matched with Data Differences", "url": "#g-prog", "current": True},
            {"count": 35, "name": "Added New to PASI", "meta": "only in the second file"},
            {"count": 35, "name": "Missing from PASI", "meta": "only in the first file"},
        ],
        "banner": {
            "level": "attn",
            "title": "PASI has been away since 10:42",
            "text": "You can keep working. Changes go to PASI by themselves when it answers again.",
            "meta": "Next try in 40 seconds",
            "url": "#g-msg",
            "label": "Waiting",
        },
    }


def _compared() -> list[dict[str, str]]:
    """One row of each way in which the three values can stand to each other."""
    names = ("name", "label", "agreed", "sis", "pasi", "moved", "chosen")
    rows = [
        ("exit_date", "Exit date", "2027-06-25", "2026-11-20", "2026-11-13", "both", "sis"),
        ("exit_date_type", "Exit date type", "Completion Date", "Completion Date", "Withdrawal Date", "pasi", "pasi"),
        ("grade", "Grade", "10", "11", "10", "sis", ""),
        ("timeframe", "Programming timeframe", "", "Day", "", "never", ""),
    ]
    return [dict(zip(names, row, strict=True)) for row in rows]
