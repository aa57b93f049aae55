"""Which codes are on PASI's lists, according to the daily code values."""

from collections.abc import Collection

from django.core.cache import cache
from django.db import transaction

from pasi_connect.models import CodeValue

Code = tuple[str, str]  # class name, code
KEY = "code-lists.known"
SECONDS = 60


def unknown(codes: Collection[Code]) -> set[Code]:
    """The codes that are on no list of PASI's. A list that has not arrived yet is not judged.

    Codes known a moment ago are not read again, since each submission asks; missing ones are.
    """
    if not codes:
        return set()
    all_codes: frozenset[Code] | None = cache.get(KEY)
    if all_codes is None or _missing(codes, all_codes):
        all_codes = frozenset(CodeValue.objects.order_by().values_list("class_name", "code"))
        cache.set(KEY, all_codes, SECONDS)
    return _missing(codes, all_codes)


def forget() -> None:
    """After new codes have arrived: once they are committed, the next question reads them."""
    transaction.on_commit(lambda: cache.delete(KEY))


def _missing(codes: Collection[Code], all_codes: frozenset[Code]) -> set[Code]:
    classes = {class_name for class_name, _code in all_codes}
    return {code for code in codes if code[0] in classes and code not in all_codes}
