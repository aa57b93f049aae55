"""Which files the connection may read: small regular files in the certificates folder.

Otherwise anyone who may enter a path on a page could have any file of the machine opened, even a device or a pipe.
"""

import stat
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

MOST_BYTES = 64 * 1024  # a chain of certificates has about 10 KB


class Unusable(Exception):
    """`code` is missing, outside, no_file, too_large or unreadable; `message` begins with the file's name in words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def names() -> tuple[str, str, str]:
    """What the three files are called, in the order of `ConnectionSettings.files`."""
    return _("client certificate"), _("private key"), _("authority certificates")


def checked(name: str, what: str) -> Path:
    """The file of that name, if it may be read as `what`. Raises Unusable, which never tells what lies outside of the folder."""
    folder = Path(settings.CERTIFICATES_DIR)
    path = Path(name)
    words = {"what": what, "most": MOST_BYTES // 1024}
    try:
        inside = path.is_absolute() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links; a character that no file name has
        inside = False
    if not inside:
        raise Unusable("outside", _("The file of the %(what)s is outside the certificates folder.") % words)
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            raise Unusable("no_file", _("The file of the %(what)s is not a regular file.") % words)
        if state.st_size > MOST_BYTES:
            raise Unusable(
                "too_large",
                _("The file of the %(what)s is larger than %(most)s KB, so it is not a certificate.") % words,
            )
        with path.open("rb"):
            return path
    except FileNotFoundError:
        raise Unusable("missing", _("The file of the %(what)s cannot be found.") % words) from None
    except OSError:
        raise Unusable("unreadable", _("The file of the %(what)s cannot be opened.") % words) from None
