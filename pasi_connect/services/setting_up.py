"""Settings pages: saved against the version the page was drawn with, recorded in the audit, effective at once."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from operations.actor import Actor
from operations.models.settings import Singleton
from operations.services import audit, pending
from pasi_connect.models import Submission
from pasi_connect.models.submission import Status
from pasi_connect.services.compare import comparing
from pasi_connect.services.pull import reference
from pasi_connect.services.queue import submissions
from pasi_connect.soap import gateway
from pasi_connect.soap.answers import Answer
from sis.models.event import Origin
from sis.services import events

RECONSIDER = "pasi_connect.reconsider"
RELEASE = "pasi_connect.release"
TEST_SECONDS = 10.0


class StaleSettings(Exception):
    """Somebody saved since the page was drawn; `current` is how the settings stand now."""

    def __init__(self, current: Singleton) -> None:
        super().__init__("The settings have changed since they were read.")
        self.current = current


@transaction.atomic
def save(actor: Actor, model: type[Singleton], version: int, values: Mapping[str, Any]) -> list[str]:
    """Saves the named fields, which a form has checked. Gives the names of those that changed. Raises StaleSettings."""
    model._default_manager.get_or_create(pk=1)
    current: Any = model._default_manager.select_for_update().get(pk=1)
    if current.version != version:
        raise StaleSettings(current)
    changes = {
        name: [getattr(current, name), value] for name, value in values.items() if getattr(current, name) != value
    }
    if not changes:
        return []
    for name, (_before, after) in changes.items():
        setattr(current, name, after)
    current.version += 1
    current.save(update_fields=[*changes, "version"])
    audit.record(
        actor, audit.Entry(audit.Verb.SETTINGS_CHANGED, "settings", model._meta.model_name or "", changes=changes)
    )
    if model._meta.app_label == "pasi_connect":  # others decide nothing about what is sent
        pending.ask(RECONSIDER)
    return sorted(changes)


def test(actor: Actor) -> Answer:
    """Tries the connection and its certificate: one call without effect, whose exchange stays in the log."""
    answer = gateway.call("HelloWorld", {}, reference.purpose(), seconds=TEST_SECONDS)
    changes = {"outcome": ["", answer.outcome]}
    audit.record(actor, audit.Entry(audit.Verb.CONNECTION_TESTED, "settings", "connectionsettings", changes=changes))
    return answer


def reconsider() -> None:
    """After a change of settings, years or a school's state, decides again what differs and what may be sent."""
    comparing.evaluate_all()
    submissions.release_held()


def named_anew() -> None:
    """A person's name is spelled differently from now on: what the old spelling held may be sent."""
    pending.ask(RELEASE)


def held_by_the_switch() -> int:
    """How many changes go out when regular synchronization is switched on."""
    held = Submission.objects.filter(status=Status.HELD, reason="sync_off").count()
    waiting = events.uncollected().filter(origin=Origin.SIS)
    return held + waiting.order_by().values("entity", "subject_id").distinct().count()
