from typing import Any

from operations import clock
from operations.actor import of_user
from operations.models import Job, User


def job(user: User, status: str = "queued", kind: str = "test", **more: Any) -> Job:
    """A job row in any state, for pages and lists; nothing runs."""
    actor = of_user(user)
    return Job.objects.create(
        **{
            "kind": kind,
            "status": status,
            "user": user,
            "actor_name": actor.name,
            "actor_local_id": actor.local_id,
            "actor_ip": actor.ip,
            "created_at": clock.now(),
            **more,
        }
    )
