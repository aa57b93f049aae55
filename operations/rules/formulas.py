"""Formula injection: a spreadsheet must not calculate what somebody typed (direct-connect 20.5).

For every CSV and XLSX file that people open. Files for other programs are written as they are.
"""

import re

MARK = "'"
# Spreadsheets pass over blanks and marks without width in front, and some read the wide forms like the narrow ones.
BLANKS = " \u00a0\u200b\ufeff"
SIGNS = "=+@\uff1d\uff0b\uff0d\uff20-"
# Also for whole columns: dangerous is what the first pattern finds and the second does not. Rust reads "$" as the very end.
# A lone "-" stands for "none"; "-1" is a number, and a mark or a credit would be lost behind an apostrophe.
LOOKS_DANGEROUS = rf"^(?:[\t\r\n]|[{BLANKS}]*[{SIGNS}])"
IS_FINE = rf"^[{BLANKS}]*-(?:[0-9]+(?:[.,][0-9]+)?)?$"
_LOOKS_DANGEROUS, _IS_FINE = re.compile(LOOKS_DANGEROUS), re.compile(IS_FINE.replace("$", r"\Z"))


def harmless(text: str) -> str:
    """The cell with an apostrophe in front if a spreadsheet would take it for a formula."""
    if _LOOKS_DANGEROUS.match(text) and not _IS_FINE.match(text):
        return MARK + text
    return text
