"""The hash over a client's data set of one type. INFERRED: PASI publishes only "MD5"; everything else stands in this function.

Source: Is Data Available; Technical Glossary.
"""

import base64
import hashlib
from collections.abc import Iterable


def of(pairs: Iterable[tuple[str, int]]) -> str:
    """`pairs` of id and core version. Upper-cased id and decimal version, in ordinal order of the id, UTF-8, MD5, base64."""
    text = "".join(f"{key}{version}" for key, version in sorted((key.upper(), version) for key, version in pairs))
    return base64.b64encode(hashlib.md5(text.encode(), usedforsecurity=False).digest()).decode()
