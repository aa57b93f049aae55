"""Code values and accepted years: not announced by IsDataAvailable, so asked for daily (Obtaining PASI Code Values)."""

import datetime as dt
from typing import Any

from django.db import transaction

from operations import clock
from operations.actor import SYNC
from pasi_connect.mapping import reference as mapping
from pasi_connect.models import CodeValue, SyncSettings
from pasi_connect.services import comparing
from pasi_connect.soap import gateway
from pasi_connect.soap.gateway import Purpose
from sis.models import Authority
from sis.rules.school_year import SchoolYear

EVERY = dt.timedelta(hours=24)


def organisation() -> str:
    """The authority on whose behalf internal processes call; "" until the authority is set up."""
    authority = Authority.objects.first()
    return authority.organisation_code if authority else ""


def purpose(key: str = "") -> Purpose:
    return Purpose(SYNC, organisation(), key)


def due() -> bool:
    read_at = SyncSettings.load().reference_read_at
    return read_at is None or clock.now() - read_at > EVERY


def refresh() -> bool:
    """Reads the accepted years and the code values. False when PASI did not answer: asked again at the next turn."""
    years = gateway.call("GetAcceptedRegistrationStatus", {}, purpose())
    if not years.good:
        return False
    known = max(CodeValue.objects.values_list("core_version", flat=True), default=0)
    codes = gateway.call("GetCodeValues", {"LastKnownSourceVersion": known}, purpose())
    if not codes.good:
        return False
    with transaction.atomic():
        store_codes(codes.value["CodeValues"])
        settings = SyncSettings.objects.select_for_update().filter(pk=1).first() or SyncSettings(pk=1)
        before = settings.current_school_year, settings.accepted_school_years
        rows = years.value["AcceptedRegistrationStatuses"]
        current = [row["SchoolYear"] for row in rows if row["IsCurrentSchoolYear"]]
        settings.current_school_year = SchoolYear(current[0]) if current else settings.current_school_year
        settings.accepted_school_years = sorted(row["SchoolYear"] for row in rows)
        settings.reference_read_at = clock.now()
        settings.save()
    if before != (settings.current_school_year, settings.accepted_school_years):
        comparing.evaluate_all()
    return True


def store_codes(documents: list[dict[str, Any]]) -> None:
    """PASI's pages disagree whether all values or only newer ones come: what comes is laid over what is there."""
    rows = {(row["class_name"], row["code"]): CodeValue(**row) for row in map(mapping.code_value, documents)}
    CodeValue.objects.bulk_create(
        rows.values(),
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
