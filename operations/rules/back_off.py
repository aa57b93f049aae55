"""How long to wait before asking again."""


def seconds(failures: int, first: float, most: float, random: float) -> float:
    """Doubling from `first` to `most`, then spread: `random` (0 to 1) keeps many waiting rows from coming back together."""
    full = min(most, first * 2 ** min(max(failures - 1, 0), 16))
    return full * (0.5 + random / 2)
