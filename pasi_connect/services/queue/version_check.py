"""Whether what a person or an API client saw is still true, by the opaque version that they send back."""

from pasi_connect.models import Submission
from pasi_connect.models.submission import Status
from pasi_connect.rules import versions


def our_steps(kind: str, key: str, above: int) -> dict[int, int]:
    """base version -> answered version of our own accepted submissions of the record, those beyond `above`."""
    rows = Submission.objects.filter(entity=kind, key=key, status=Status.ACCEPTED, core_version__gt=above)
    pairs = rows.values_list("base_version", "core_version")
    return {base: answered for base, answered in pairs if base is not None and answered is not None}


def core_version_of(kind: str, version: str, revision: int, core_version: int, key: str | None) -> int | None:
    """PASI's version that the holder of `version` saw; None when something has changed that they have not seen.

    PASI's version may have moved on by our own accepted submissions alone: then nothing is new to the holder, and two quick
    edits with the version of the first answer both arrive.
    """
    parts = versions.parts(version)
    if parts is None or parts[0] != revision:
        return None
    if parts[1] == core_version:
        return core_version
    if key is None or not versions.may_replace(parts[1], core_version, our_steps(kind, key, parts[1])):
        return None
    return parts[1]
