"""Code values and accepted years: not announced by IsDataAvailable, so asked for daily (Obtaining PASI Code Values)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from operations import clock, faults
from operations.actor import SYNC
from pasi_connect.models import CodeValue, SyncSettings
from pasi_connect.rules import code_values
from pasi_connect.rules.days import LATEST, OLDEST
from pasi_connect.services.compare import comparing, failures
from pasi_connect.services.pull import code_lists, contract_changes
from pasi_connect.soap import gateway
from pasi_connect.soap.answers import Answer
from pasi_connect.soap.gateway import Purpose
from sis.models import Authority
from sis.rules.school_year import SchoolYear

CODE_VALUE = "code_value"
EVERY = dt.timedelta(hours=24)


def organization() -> str:
    """The authority on whose behalf internal processes call; "" until the authority is set up."""
    authority = Authority.objects.first()
    return authority.organization_code if authority else ""


def purpose(key: str = "") -> Purpose:
    return Purpose(SYNC, organization(), key)


def due() -> bool:
    read_at = SyncSettings.load().reference_read_at
    return read_at is None or abs(clock.now() - read_at) > EVERY


def refresh(whole: bool = False) -> bool:
    """As `read`. False when PASI did not answer: asked again at the next turn."""
    return read(whole).good


def read(whole: bool = False) -> Answer:
    """Reads the accepted years and the code values. The answer that was not good, or the last one.

    `whole`: every code value, also those of versions that are known.
    """
    years = gateway.call("GetAcceptedRegistrationStatus", {}, purpose())
    if not years.good:
        return years
    version = 0 if whole else max(CodeValue.objects.values_list("core_version", flat=True), default=0)
    codes = gateway.call("GetCodeValues", {"LastKnownSourceVersion": version}, purpose())
    if not codes.good:
        return codes
    with transaction.atomic():
        store_codes(codes.value["CodeValues"])
        settings = SyncSettings.objects.select_for_update().filter(pk=1).first() or SyncSettings(pk=1)
        before = settings.current_school_year, settings.accepted_school_years
        rows = _years(years.value["AcceptedRegistrationStatuses"])
        current = [row["SchoolYear"] for row in rows if row["IsCurrentSchoolYear"]]
        settings.current_school_year = SchoolYear(current[0]) if current else settings.current_school_year
        settings.accepted_school_years = sorted(row["SchoolYear"] for row in rows)
        settings.reference_read_at = clock.now()
        settings.save()
    if before != (settings.current_school_year, settings.accepted_school_years):
        comparing.evaluate_all()
    return codes


def _years(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without years that no school year ends in."""
    left = [row for row in rows if OLDEST <= row["SchoolYear"] <= LATEST]
    if len(left) < len(rows):
        contract_changes.of_value("GetAcceptedRegistrationStatus", "SchoolYear")
    return left


def store_codes(documents: list[dict[str, Any]]) -> None:
    """PASI's pages disagree whether all values or only newer ones arrive: they are merged into what is stored.

    A value that cannot be stored is counted and keeps no other from being stored.
    """
    rows = {}
    for document in documents:
        try:
            row = code_values.code_value(document)
        except Exception as error:  # noqa: BLE001 - counted, or raised on
            _not_stored(document.get("CodeClassName"), document.get("CodeText"), error)
        else:
            rows[row["class_name"], row["code"]] = CodeValue(**row)
    faults.each(list(rows.values()), _store, lambda row, error: _not_stored(row.class_name, row.code, error))
    code_lists.forget()


def _not_stored(class_name: Any, code: Any, error: Exception) -> None:
    if not faults.ours(error):
        raise error
    failures.note(failures.Step.PULL, CODE_VALUE, f"{class_name}/{code}", error)


def _store(rows: Sequence[CodeValue]) -> None:
    failures.over(failures.Step.PULL, CODE_VALUE, [f"{row.class_name}/{row.code}" for row in rows])
    CodeValue.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["class_name", "code"],
        update_fields=[
            "short_description",
            "description",
            "short_description_fr",
            "description_fr",
            "first_school_year",
            "last_school_year",
            "sequence",
            "core_version",
        ],
        batch_size=200,
    )
