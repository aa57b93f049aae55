"""How many requests are allowed, and how long a name waits after wrong passwords."""

from dataclasses import dataclass

WINDOW = 60  # seconds
FREE_TRIES = 5
LONGEST_WAIT = 60  # seconds


@dataclass(frozen=True)
class Standing:
    """After a request was counted: of `limit` in this minute, `count` are used; it ends in `reset` seconds."""

    limit: int
    count: int
    reset: int

    @property
    def is_over(self) -> bool:
        return self.count > self.limit

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.count)


def window(now: float) -> tuple[int, int]:
    """The number of the minute, and the seconds until its end."""
    number = int(now // WINDOW)
    return number, max(1, round((number + 1) * WINDOW - now))


def wait(failures: int) -> int:
    """Seconds that a name waits after so many wrong passwords in a row, from wherever they came."""
    return 0 if failures < FREE_TRIES else min(LONGEST_WAIT, 2 ** (failures - FREE_TRIES))
