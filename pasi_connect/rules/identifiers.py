"""Identifiers that PASI announces and that can be asked for: the first request with another would hold up everything behind it."""

import re

GUID = re.compile(r"[\da-fA-F]{8}(?:-[\da-fA-F]{4}){3}-[\da-fA-F]{12}", re.ASCII)
KEY = re.compile(r"[\x21-\x7e]{1,80}")  # codes and numbers have up to nine letters; a failure is kept under 80


def can_be_asked_for(text: str, *, is_ref_id: bool) -> bool:
    return bool((GUID if is_ref_id else KEY).fullmatch(text))
