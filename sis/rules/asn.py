"""The Alberta Student Number: nine digits stored, 1234-5678-9 shown (Alberta Student Number (Student))."""

import re


def normalize(text: str) -> str:
    """Nine digits from "1234-5678-9" or "123456789". Raises ValueError with a sentence for people."""
    digits = re.sub(r"[\s-]", "", text)
    if not (digits.isascii() and digits.isdigit() and len(digits) == 9):
        raise ValueError("An ASN has nine digits, like 1234-5678-9.")
    return digits


def with_hyphens(asn: str) -> str:
    return f"{asn[:4]}-{asn[4:8]}-{asn[8:]}" if len(asn) == 9 else asn
