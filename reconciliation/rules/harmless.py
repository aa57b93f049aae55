"""Formula injection: a spreadsheet must not calculate what somebody typed (direct-connect 20.5)."""

STARTS = ("=", "+", "-", "@", "\t")
MARK = "'"
# The same as a pattern for whole columns. A lone "-" stands for "none" and stays.
PATTERN = r"^[=+@\t]|^-(?s:.)"


def harmless(text: str) -> str:
    """The cell with an apostrophe in front if a spreadsheet would take it for a formula."""
    return MARK + text if text.startswith(STARTS) and text != "-" else text
