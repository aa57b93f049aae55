"""The one guard against mass changes: over a limit a permitted person looks at the list first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    """Trips when `count` reaches `least` and exceeds `share` of `whole`."""

    share: float
    least: int

    def trips(self, count: int, whole: int) -> bool:
        return count >= self.least and count > self.share * whole


VANISHING = Guard(share=0.10, least=20)  # records missing from a full set, of a school's live enrolments of that year
BULK_DECISION = Guard(share=0.20, least=51)
