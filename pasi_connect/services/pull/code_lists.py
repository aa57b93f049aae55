"""Which codes PASI has in its lists, as the daily code values told it."""

from collections.abc import Collection

from django.core.cache import cache
from django.db import transaction

from pasi_connect.models import CodeValue

Code = tuple[str, str]  # class name, code
KEY = "code-lists.known"
SECONDS = 60


def unknown(codes: Collection[Code]) -> set[Code]:
    """Those that no list of PASI's has. Of a list that has not come yet nothing is said.

    What was known a moment ago is not read again: each submission asks. What was missing is read afresh.
    """
    if not codes:
        return set()
    all_codes: frozenset[Code] | None = cache.get(KEY)
    if all_codes is None or _missing(codes, all_codes):
        all_codes = frozenset(CodeValue.objects.order_by().values_list("class_name", "code"))
        cache.set(KEY, all_codes, SECONDS)
    return _missing(codes, all_codes)


def forget() -> None:
    """After PASI has told new ones: once they are committed, the next question reads them."""
    transaction.on_commit(lambda: cache.delete(KEY))


def _missing(codes: Collection[Code], all_codes: frozenset[Code]) -> set[Code]:
    classes = {class_name for class_name, _code in all_codes}
    return {code for code in codes if code[0] in classes and code not in all_codes}
