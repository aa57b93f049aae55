"""What a page says, without the layout of its template."""

import re


def squeezed(markup: str) -> str:
    """The markup without white space at its tags, and with single spaces elsewhere."""
    return re.sub(r" ?(<[^>]*?) ?(/?>) ?", r"\1\2", " ".join(markup.split()))
