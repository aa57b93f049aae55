"""Does the holder of a lease still live? Told by its sign of life: whether that moves on, seen from here.

No clock of the wall is asked: it may be set forwards, which would make every living holder look dead, or back, which would keep a
dead one for hours; and two machines seldom agree about it. Whoever wants to take over watches for the length of a lease first.
"""

from collections.abc import Hashable, Mapping
from time import monotonic
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Watch(Generic[Key]):
    """Remembers since when each sign of life has been the same, as this process has seen it. For one thread."""

    def __init__(self) -> None:
        self.signs: dict[Key, tuple[Hashable, float]] = {}
        self.looked_at = monotonic()

    def silent(self, signs: Mapping[Key, Hashable], seconds: float) -> list[Key]:
        """Of the holders that there are now, those whose sign has not changed for so long. Call it often."""
        now = monotonic()
        if now - self.looked_at > seconds:
            self.signs = {}  # this process has been asleep itself, and with it perhaps all the others
        self.looked_at = now
        self.signs = {
            key: self.signs[key] if key in self.signs and self.signs[key][0] == sign else (sign, now)
            for key, sign in signs.items()
        }
        return [key for key, (_sign, since) in self.signs.items() if now - since >= seconds]
