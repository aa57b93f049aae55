"""Which version of PASI's record a submission may claim to have seen (Managing Data within PASI; rule 3004)."""

from collections.abc import Mapping


def may_replace(base: int, current: int, our_steps: Mapping[int, int]) -> bool:
    """True when `current` is `base`, or was reached from it by our own accepted submissions alone.

    `our_steps` maps the version that one of our submissions was sent with to the version that PASI answered. The optimistic
    lock makes each step whole: nobody else wrote between its two ends.
    """
    version = base
    while version < current and version in our_steps:
        version = our_steps[version]
    return version == current


def opaque(revision: int, core_version: int) -> str:
    """What people and API consumers hold as "the version": it changes when either side does."""
    return f"{revision}.{core_version}"


def parts(version: str) -> tuple[int, int] | None:
    """(revision, core version) of an opaque version; None when it is none of ours."""
    revision, _, core_version = version.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in (revision, core_version)):
        return None
    return int(revision), int(core_version)
