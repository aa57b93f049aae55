"""A request sent again under the same key is done once and gets the first answer, for a day.

A replay is an answer like any other: whoever has lost a right or a school since, or uses a token with less, does not get it.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from operations import clock, offers
from operations.actor import user_of
from operations.api.problems import Conflict
from operations.models import IdempotencyKey, User

KEPT = dt.timedelta(hours=24)  # then the key is free; what is left of it goes with the retention's round
UNFINISHED = dt.timedelta(minutes=10)  # longer than a request can last: whoever held the key has died


class KeyReused(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = gettext_lazy("This idempotency key belongs to another request")


class Once:
    """A key that this request holds. `in_transaction`: the key and the work are committed together, or not at all."""

    def __init__(self, entry: IdempotencyKey, in_transaction: bool) -> None:
        self.entry, self.in_transaction = entry, in_transaction

    def end(self, response: Response) -> None:
        """Keeps the answer; a refusal leaves no trace, so that the request can be corrected under the same key."""
        if response.status_code >= 400:
            self.forget()
            return
        kept = {name: response[name] for name in ("ETag", "Location") if name in response}
        body = json.loads(json.dumps(response.data, default=str))
        IdempotencyKey.objects.filter(pk=self.entry.pk).update(status=response.status_code, body=body, headers=kept)

    def forget(self) -> None:
        if not self.in_transaction:  # else the roll-back takes it along
            IdempotencyKey.objects.filter(pk=self.entry.pk, status=None).delete()


class Replay(Exception):
    """The request has been answered before."""

    def __init__(self, earlier: IdempotencyKey) -> None:
        self.earlier = earlier

    def allow(self, user: User) -> None:
        """Raises NotFound where a school, PermissionDenied where a permission has gone that the person held then."""
        now = rights_of(user)
        lost = {
            name for name in set(self.earlier.rights) - now if EVERY_SCHOOL not in now or name.startswith(PERMISSION)
        }
        if any(not name.startswith(PERMISSION) for name in lost):
            raise exceptions.NotFound(_("No such record in your schools."))
        if lost:
            raise exceptions.PermissionDenied(
                _("Your permissions have changed since this request was processed. Read the record itself.")
            )

    def response(self) -> Response:
        response = Response(
            self.earlier.body, status=self.earlier.status, headers={**self.earlier.headers, "Idempotent-Replay": "true"}
        )
        response.exception = False
        return response


PERMISSION, EVERY_SCHOOL = "permission ", "every school"


def rights_of(user: User) -> set[str]:
    """What the person may do, and the schools that they see, in this request."""
    names = [codename for codename, _label in User._meta.permissions]
    held = {f"{PERMISSION}{name}" for name in names if user.has_perm(f"operations.{name}")}
    for codes_of in offers.school_codes:
        codes = codes_of(user)
        held |= {EVERY_SCHOOL} if codes is None else {f"school {code}" for code in codes}
    return held


def check(request: Request) -> None:
    """A key that could not be kept is refused by a preview too."""
    if len(request.headers.get("Idempotency-Key", "")) > 200:
        raise exceptions.ValidationError({"Idempotency-Key": [_("At most 200 characters.")]})


def begin(request: Request, body: Mapping[str, Any], in_transaction: bool) -> Once | None:
    """Takes the request's key, if it carries one. Raises Replay when it has been answered.

    The row is inserted before the work: inside of a transaction a second request with the key waits for the first one's
    commit, else it is told that the first is still at work.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return None
    user_id, digest, now = request.user.pk or 0, _digest(request, body), clock.now()
    if not in_transaction:
        IdempotencyKey.objects.filter(user_id=user_id, key=key, status=None, created_at__lt=now - UNFINISHED).delete()
    entry, is_new = _take(user_id, key, digest, now, sorted(rights_of(user_of(request))))
    if is_new:
        return Once(entry, in_transaction)
    if entry.request_digest != digest:
        raise KeyReused(_("This idempotency key was already used for another request. Use a new key."))
    if entry.status is None:
        raise Conflict(
            _("The first request with this key is still being processed. Send it again in a minute."),
            kind="still_at_work",
        )
    raise Replay(entry)


def _take(user_id: int, key: str, digest: str, now: dt.datetime, rights: list[str]) -> tuple[IdempotencyKey, bool]:
    """The new entry, or the present one. An expired one counts as gone, whether the tick has removed it or not."""
    identity = {"user_id": user_id, "key": key}
    while True:
        try:
            with transaction.atomic():
                entry = IdempotencyKey.objects.create(**identity, request_digest=digest, rights=rights, created_at=now)
                return entry, True
        except IntegrityError:
            IdempotencyKey.objects.filter(**identity, created_at__lte=now - KEPT).delete()
            if stands := IdempotencyKey.objects.filter(**identity).first():
                return stands, False


def _digest(request: Request, body: Mapping[str, Any]) -> str:
    values = {name: body.getlist(name) for name in body} if hasattr(body, "getlist") else body
    canonical = json.dumps([request.method, request.path, values], sort_keys=True, default=_text)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _text(value: Any) -> str:
    """A file counts by its name and its content."""
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"{value.name} {digest.hexdigest()}"
