"""The pattern of a record's address in PASIprep. The link leaves the product, so it may lead to one named host only."""

import re
from urllib.parse import urlsplit

from operations.rules.words import gettext_noop

PLACEHOLDER = "{ref_id}"
HERE = ("127.0.0.1", "localhost", "[::1]")  # this machine, where the demo's simulator draws PASIprep
HOST = re.compile(r"(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)*(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)
PORT = re.compile(r":[0-9]{1,5}")
# What no address holds as it stands: blanks, control characters, quotes, brackets of markup, a backslash (browsers read / in it).
FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\uffff\"'<>\\^`{|}]|[^\x00-\uffff]")

NOT_HTTPS = gettext_noop("The address must begin with https://.")
WITH_USER = gettext_noop("The address must not contain a user name or password: remove everything before the @.")
NO_HOST = gettext_noop("The address must name one host, like https://pasiprep.example.org/.")
NO_PLACEHOLDER = gettext_noop(
    "The address must contain {ref_id} once, after the host; the RefId of the record goes there."
)
ODD = gettext_noop("The address contains a space, a quotation mark, a backslash or a brace that does not belong there.")


def fault(pattern: str, *, demo: bool = False) -> str:
    """What is wrong with the pattern, to be translated; "" for a good one. `demo`: http to this machine is good too."""
    if FORBIDDEN.search(pattern.replace(PLACEHOLDER, "")):
        return ODD
    scheme, colon, rest = pattern.partition("://")
    scheme = scheme.lower()
    if not colon or scheme not in ("https", "http"):
        return NOT_HTTPS
    place = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in place:
        return WITH_USER
    here = next((name for name in HERE if place.lower() == name or place.lower().startswith(f"{name}:")), "")
    if scheme == "http" and not (demo and here):
        return NOT_HTTPS
    host = here or place.partition(":")[0]
    port = place[len(host) :]
    if not (here or HOST.fullmatch(host)) or (port and not (PORT.fullmatch(port) and 0 < int(port[1:]) < 65536)):
        return NO_HOST
    if rest[len(place) :].count(PLACEHOLDER) != 1 or PLACEHOLDER in place:
        return NO_PLACEHOLDER
    return "" if urlsplit(pattern).hostname else NO_HOST


def address(pattern: str, ref_id: object, *, demo: bool = False) -> str:
    """The record's address; "" where no pattern is set, or one that was stored before it was checked like this is none."""
    return "" if not pattern or fault(pattern, demo=demo) else pattern.replace(PLACEHOLDER, str(ref_id))
