from typing import Any

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.parsers import JSONParser

MOST_NAMES = (
    1000  # of one object; Django's own bound for a form. Each unknown name is answered with a sentence of its own
)


class BoundedJSONParser(JSONParser):
    """A body that is nested deeper than the interpreter can follow, or has names beyond counting, is a bad request, not our fault."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError(_("The body is nested too deeply.")) from None
        if _has_many_names(body):
            raise exceptions.ParseError(
                _("An object in the body has more than %(most)s members.") % {"most": MOST_NAMES}
            )
        return body


def _has_many_names(body: Any) -> bool:
    """Anywhere in the body; without recursion, since it may be deep."""
    left = [body]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            if len(value) > MOST_NAMES:
                return True
            value = list(value.values())
        if isinstance(value, list):
            left += [one for one in value if isinstance(one, (dict, list))]
    return False
