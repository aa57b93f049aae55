"""Uploads of up to 500 MB a file: straight to disk, and what is larger is not kept but said."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext as _

MOST_BYTES = 500 * 1024 * 1024  # as the engine has it; importing that loads it


class SizeLimit(FileUploadHandler):
    """Drops a file that grows beyond the limit and notes its field in `request.too_large`. The rest of the request is read on,
    so that the person gets an answer instead of a broken connection."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        request.too_large = []  # type: ignore[attr-defined]

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > MOST_BYTES:
            self.request.too_large.append(self.field_name)  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None


def prepare(request: HttpRequest) -> None:
    """Before the body is read."""
    request.upload_handlers = [SizeLimit(request), TemporaryFileUploadHandler(request)]


def too_large(request: HttpRequest) -> dict[str, str]:
    """By field what to say about the files that were dropped."""
    limit = MOST_BYTES // 1024**2
    said = _("The file is larger than %(limit)s MB.") % {"limit": limit}
    return dict.fromkeys(getattr(request, "too_large", []), said)
