"""Keys of records as people and other systems write them."""

import re

from sis.rules import asn as asn_rules

REF_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def as_stored(text: str) -> str:
    """A RefId in capitals and an ASN with hyphens become the key that is stored; any other text stays as it is."""
    text = text.strip()
    if REF_ID.fullmatch(text):
        return text.lower()
    try:
        return asn_rules.normalize(text) if "-" in text else text
    except ValueError:
        return text
