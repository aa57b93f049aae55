"""Who acts: a person, an API client or the product itself. Goes along with every write and every call to PASI."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.http import HttpRequest

from operations.rules import callers

if TYPE_CHECKING:
    from rest_framework.request import Request

    from operations.models import User


@dataclass(frozen=True)
class Actor:
    """`name` and `local_id` are what other systems are told; `ip` is where the person sits. `username` and `full_name` are who it is
    here, which is kept beside; empty where the actor comes from a row that was stored earlier."""

    user_id: int | None
    name: str
    local_id: str
    ip: str
    username: str = ""
    full_name: str = ""

    @property
    def is_system(self) -> bool:
        return self.user_id is None


# The generic identity of internal processes ("[System Name] Sync": Calling PASI Services).
SYNC = Actor(user_id=None, name="[System] Sync", local_id="pasisync", ip="127.0.0.1")


def of_user(user: "User", ip: str = "127.0.0.1", program: str = "") -> Actor:
    name = callers.named(user.name_for_others, program)
    local_id = user.local_id or user.get_username()
    return Actor(user.pk, name, local_id, ip, user.get_username(), user.full_name)


def user_of(request: "HttpRequest | Request") -> "User":
    """The person or service account of the request, typed as it is behind every door that requires signing in."""
    return cast("User", request.user)


def of_request(request: "HttpRequest | Request") -> Actor:
    """The actor of the request; with a token (`operations.api.authentication`), the program is named after it."""
    ip = request.META.get("REMOTE_ADDR") or "127.0.0.1"
    program = getattr(getattr(request, "auth", None), "name", "")
    return of_user(user_of(request), ip, program)
