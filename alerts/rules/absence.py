"""Who looks after the work of those who are away."""

from collections.abc import Mapping


def stand_ins(chosen: Mapping[int, int]) -> dict[int, int]:
    """Who ends up standing in for each person who is away. `chosen`: the one who is away -> the one they named.

    A stand-in who is away too hands on to theirs. Where that comes back to somebody who is away, nobody stands in: the work
    stays where it is rather than going round.
    """
    stand_in_of = {}
    for away in chosen:
        passed, present = {away}, chosen[away]
        while present in chosen and present not in passed:
            passed.add(present)
            present = chosen[present]
        if present not in chosen:
            stand_in_of[away] = present
    return stand_in_of
