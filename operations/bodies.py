"""What a request may carry, decided from its headers before anything of its body is read.

A view takes no file and at most FORM_BYTES unless it is marked: `takes_files = EXPORTS` on its class. A marked view looks at
the person's permission first and then calls `prepare`; until then no content of a file is kept.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import BadRequest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from operations import offers
from operations.rules.bodies import FORM_BYTES, MB, Kind

ASK_THE_DISK_EVERY = 16 * MB
LOOK_AGAIN = 600  # seconds
WITH_FILES = frozenset({"post", "put"})  # methods of a marked view that may bring files
LEFT_SECONDS = 4 * 3600  # longer than any upload lasts


class Refused(Exception):
    """The request is answered with this status in words, wherever it arises; nothing more of its body is read."""

    def __init__(self, status: int, code: str, title: str, detail: str, retry_after: int = 0) -> None:
        super().__init__(detail)
        self.status, self.code, self.title, self.detail, self.retry_after = status, code, title, detail, retry_after


class BodyMiddleware:
    """Stands before whatever may read a body; the form token's check does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        kind = kind_of(view)
        request.upload_handlers = [NamesAlone(request) if kind else NoFiles(request)]
        try:
            check_length(request, kind)
        except Refused as refused:
            return answer(request, refused)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answer(request, error) if isinstance(error, Refused) else None


def answer(request: HttpRequest, refused: Refused) -> HttpResponse:
    from operations.views import errors  # the pages of errors need the apps

    request.refused = refused  # type: ignore[attr-defined]
    return errors.refused(request, refused.status, refused.code, refused.title, refused.detail, refused.retry_after)


def kind_of(view: Any) -> Kind | None:
    """What the view of an address takes; of a view set, where something can be posted or put there."""
    if WITH_FILES.isdisjoint(getattr(view, "actions", WITH_FILES)):
        return None
    view_class = getattr(view, "view_class", None) or getattr(view, "cls", None) or view
    return getattr(view_class, "takes_files", None)


def length_of(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0  # as Django reads it: no body


def is_small(request: HttpRequest) -> bool:
    """Whether the body may be read whoever sends it, because that costs nothing; also true once it has been read."""
    return hasattr(request, "_post") or length_of(request) <= FORM_BYTES


def check_length(request: HttpRequest, kind: Kind | None) -> None:
    """Raises Refused for a body without a length, or of more bytes than the address takes."""
    if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
        raise Refused(
            411, "length_required", _("The length of the body is missing"),
            _("Send the body in one piece with Content-Length; chunks without a length are not accepted."),
        )  # fmt: skip
    most = kind.most_bytes if kind and str(request.method).lower() in WITH_FILES else FORM_BYTES
    if length_of(request) > most:
        raise too_large(most)


def too_large(most: int) -> Refused:
    text = _("This address accepts at most %(limit)s MB. Nothing was saved.") % {"limit": most // MB}
    return Refused(413, "too_large", _("The request is too large"), text)


def prepare(request: HttpRequest, kind: Kind) -> None:
    """Lets files in, straight to the disk. Call it when the person is known and permitted and nothing has been read.

    Raises Refused where the person's quota or the disk has no room for the request.
    """
    length = length_of(request)
    quota = settings.UPLOAD_QUOTA_MB * MB
    stored = sum(count(request.user.pk) for count in offers.stored_bytes)
    if quota and stored + length > quota:
        raise Refused(
            413, "quota_exceeded", _("Your file storage is full"),
            _("Your files use %(stored)s of %(quota)s MB. Remove files you no longer need, then try again.")
            % {"stored": stored // MB, "quota": quota // MB},
        )  # fmt: skip
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_disk(2 * length)  # the temporary file, and what is kept of it
    request.upload_handlers = [Limits(request, kind), TemporaryFileUploadHandler(request)]


def check_disk(coming: int) -> None:
    """Raises Refused when so many bytes more would leave less than DISK_RESERVE_MB."""
    free = shutil.disk_usage(settings.FILE_UPLOAD_TEMP_DIR).free
    if free - coming < settings.DISK_RESERVE_MB * MB:
        raise Refused(
            507, "no_room", _("PASI Connect has run out of disk space"),
            _("Nothing was saved. Tell an administrator, then try again once there is space."),
        )  # fmt: skip


class NoFiles(FileUploadHandler):
    """For every address that takes no files: nothing of a file is kept, not even for a moment."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise BadRequest(_("This address does not accept files. Nothing was saved."))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None


class NamesAlone(FileUploadHandler):
    """For a form that comes after the session has ended: keeps the names of its files and drops their content."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return SimpleUploadedFile(self.file_name or "", b"")


class Limits(FileUploadHandler):
    """Drops a file that grows beyond its limit and notes its field in `request.too_large`. Reads the rest of the request,
    so that the person gets an answer instead of a broken connection."""

    def __init__(self, request: HttpRequest, kind: Kind) -> None:
        super().__init__(request)
        self.kind, self.files, self.unasked = kind, 0, 0
        self.too_large: dict[str, int] = {}
        setattr(request, "too_large", self.too_large)  # noqa: B010 - a request has no such attribute of its own

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.files += 1
        if self.files > self.kind.files:
            raise BadRequest(_("This address accepts at most %(number)s files.") % {"number": self.kind.files})
        self.received, self.most = 0, self.kind.most_of(self.file_name or "")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > self.most:
            self.too_large[str(self.field_name)] = self.most
            raise SkipFile
        self.unasked += len(raw_data)
        if self.unasked > ASK_THE_DISK_EVERY:  # others write too
            self.unasked = 0
            check_disk(0)
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None


def sweep() -> int:
    """Removes what uploads have left that were killed half-way; who ends properly takes the temporary file along. Gives the number."""
    folder, removed = Path(settings.FILE_UPLOAD_TEMP_DIR), 0
    if not folder.exists() or not cache.add("operations.bodies.sweep", True, LOOK_AGAIN):
        return 0
    for path in folder.iterdir():
        try:
            if time.time() - path.stat().st_mtime > LEFT_SECONDS:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue  # its upload has just ended
    return removed


def dropped(request: HttpRequest) -> dict[str, str]:
    """By field, the message about files that were too large."""
    limits: dict[str, int] = getattr(request, "too_large", {})
    refused = _("This file type is not accepted. Choose another file.")
    return {
        name: _("The file is larger than %(limit)s MB.") % {"limit": most // MB} if most else refused
        for name, most in limits.items()
    }
