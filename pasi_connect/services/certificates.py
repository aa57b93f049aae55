"""Records in the audit which certificate the product uses: a new or replaced file is noticed, whoever put it there."""

import time

from django.db import transaction

from operations.actor import SYNC
from operations.services import audit
from pasi_connect.models import ConnectionSettings
from pasi_connect.soap import certificate

LOOK_SECONDS = 60.0

_looked_at = float("-inf")


def sweep() -> None:
    """Runs with the tick: three files and a key are read once a minute."""
    global _looked_at
    if time.monotonic() - _looked_at >= LOOK_SECONDS:
        _looked_at = time.monotonic()
        watch()


@transaction.atomic
def watch() -> None:
    """Records a certificate that was not there at the last check. Of several hosts checking at once, one does."""
    connection = ConnectionSettings.load()
    details, _problem = certificate.look(connection) if connection.complete else (None, None)
    before = connection.known_certificate
    if details is None or before == [details.serial, f"{details.valid_to:%Y-%m-%d}"]:
        return
    now = [details.serial, f"{details.valid_to:%Y-%m-%d}"]
    if ConnectionSettings.objects.filter(pk=connection.pk, known_certificate=before).update(known_certificate=now):
        (old_serial, old_end), (serial, end) = before or ("", ""), now
        changes = {"serial": [old_serial, serial], "valid_to": [old_end, end]}
        action = audit.Verb.CERTIFICATE_REPLACED if before else audit.Verb.CERTIFICATE_INSTALLED
        audit.record(SYNC, audit.Entry(action, "settings", "connectionsettings", changes=changes))
