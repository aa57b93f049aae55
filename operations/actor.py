"""Who does something: a person, an API client or the product itself. Travels with every write and every call to PASI."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from operations.models import User


@dataclass(frozen=True)
class Actor:
    """`name` and `local_id` are what other systems are told; `ip` is where the person sits."""

    user_id: int | None
    name: str
    local_id: str
    ip: str

    @property
    def is_system(self) -> bool:
        return self.user_id is None


# The generic identity of internal processes ("[System Name] Sync": Calling PASI Services).
SYNC = Actor(user_id=None, name="[System] Sync", local_id="pasisync", ip="127.0.0.1")


def of_user(user: "User", ip: str = "127.0.0.1") -> Actor:
    return Actor(user_id=user.pk, name=user.name_for_others, local_id=user.local_id or user.get_username(), ip=ip)


def of_request(request: HttpRequest) -> Actor:
    return of_user(request.user, ip=request.META.get("REMOTE_ADDR") or "127.0.0.1")  # type: ignore[arg-type]
