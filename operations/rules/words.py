"""Marks sentences of rule tables for the catalogues. The tables know no framework; whoever shows a sentence translates it."""


def gettext_noop(text: str) -> str:
    """The text itself; its name is what the extraction of messages looks for."""
    return text
