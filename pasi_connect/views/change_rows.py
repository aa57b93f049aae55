"""Changes from PASI as rows of a list, and what similar ones have in common, in words."""

from typing import Any

from django.urls import reverse

from pasi_connect import entities, selectors
from pasi_connect.forms.decisions import AS_A_WHOLE
from pasi_connect.models import Discrepancy, Submission, SyncSettings
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import Status
from pasi_connect.rules.alike import WHOLE
from pasi_connect.services import words
from pasi_connect.views.record import titles
from pasi_connect.views.working_list import WorkingList


def shown_rows(items: list[Discrepancy], working: WorkingList | None = None) -> list[dict[str, Any]]:
    """Rows of a list, whose filter goes along with their addresses. Five queries however many there are."""
    named = titles(items)
    resets = [item.key for item in items if item.is_open and not item.undecided]
    refused = (
        set(Discrepancy.objects.filter(selectors.refused(), key__in=resets).values_list("key", flat=True))
        if resets
        else set()
    )
    waiting = Submission.objects.filter(key__in=resets, status=Status.HELD)
    held = set(waiting.values_list("key", flat=True)) if resets else set()
    boards = words.boards_of(items)
    pasiprep = SyncSettings.load().pasiprep_link
    rows = []
    for item in items:
        state = item.kind
        if not item.is_open:
            state = "settled"
        elif not item.undecided:
            state = "refused" if item.key in refused else "reset_held" if item.key in held else "reset"
        entity, first = entities.by_kind(item.entity), item.fields[0] if item.fields else None
        whole = item.kind in AS_A_WHOLE and item.kind != Kind.IDENTITY_CHANGED_IN_PASI
        rows.append(
            {
                "item": item,
                "state": state,
                "name": named[item.pk],
                "grade": getattr(item.record, "grade", ""),
                "fields": entity.display.name
                if whole
                else words.field_labels(entity, (row["name"] for row in item.fields)),
                "from": "" if whole or not first else words.value_text(entity, first["name"], first["sis"], boards),
                "to": "" if whole or not first else words.value_text(entity, first["name"], first["pasi"], boards),
                "first_label": "" if whole or not first else words.field_label(entity, first["name"]),
                "whole": whole,
                "decidable": item.is_open and item.undecided > 0,
                "pasiprep": words.pasiprep(pasiprep, item.key)
                if item.core_version and entity.display.in_pasiprep
                else "",
                "url": working.url_of(item.pk) if working else reverse("pasi_connect:change", args=[item.pk]),
            }
        )
    return rows


def what_changed(item: Discrepancy, boards: dict[str, str]) -> str:
    """ "Exit date 2027-06-26 → 2027-06-24": what alike changes have in common; a whole record by its kind."""
    if item.kind in WHOLE:
        return str(words.KIND[item.kind]["label"])
    entity = entities.by_kind(item.entity)
    return ", ".join(
        f"{words.field_label(entity, row['name'])} {words.value_text(entity, row['name'], row['sis'], boards) or '–'}"
        f" → {words.value_text(entity, row['name'], row['pasi'], boards) or '–'}"
        for row in item.fields
    )
