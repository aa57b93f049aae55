"""The first start of an installation: the authority, who opens the product, and under which name its own processes call PASI."""

from dataclasses import dataclass

from django.db import transaction

from operations.actor import Actor
from operations.rules import permissions
from operations.services import first_people
from operations.services.first_people import Invited
from pasi_connect.models import CallerSettings
from pasi_connect.services import setting_up
from sis.models import Authority
from sis.services import organizations


@dataclass(frozen=True)
class Started:
    """`new`: the authority was made or renamed now."""

    authority: Authority
    new: bool
    people: tuple[Invited, ...]


@transaction.atomic
def begin(actor: Actor, code: str, name: str, admin: str, officer: str = "") -> Started:
    """All of it or nothing; run again, it changes what differs. Raises ValidationError, AnotherAuthority, NotThisPerson."""
    first_people.one_at_a_time()
    authority, new = organizations.set_authority(actor, code, name)
    _name_of_our_processes(actor, code)
    people = [first_people.invite(actor, admin, permissions.ADMINISTRATOR)]
    if officer:
        people.append(first_people.invite(actor, officer, permissions.OFFICER))
    return Started(authority, new, tuple(people))


def _name_of_our_processes(actor: Actor, code: str) -> None:
    """`pasisync` and the authority's number (Caller Information Settings), unless somebody has set another one."""
    current = CallerSettings.load()
    if current.sync_local_id == CallerSettings._meta.get_field("sync_local_id").get_default():
        setting_up.save(actor, CallerSettings, current.version, {"sync_local_id": f"pasisync{code}"})
