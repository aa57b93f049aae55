"""Terms: their Alternate Term Code. All else is set up with the school's calendar."""

from typing import NamedTuple

from django.db import transaction

from operations.actor import Actor
from operations.services import audit
from sis.models import Term
from sis.services import sections


class Renamed(NamedTuple):
    """`changed`: whether the code differs now; `sections`: how many took it over."""

    changed: bool
    sections: int


@transaction.atomic
def set_alternate_code(actor: Actor, term_id: int, code: str, reason: str = "") -> Renamed:
    """Sets the Alternate Term Code. Sections with the term's former code follow; those with another code keep it."""
    term = Term.objects.select_for_update(of=("self",)).select_related("calendar__school").get(pk=term_id)
    before = term.alternate_code
    if before == code:
        return Renamed(False, 0)
    term.alternate_code = code
    term.save(update_fields=["alternate_code"])
    school = term.calendar.school
    changes = {"alternate_code": [before, code]}
    audit.record(actor, audit.Entry(audit.Verb.TERM_CHANGED, "term", str(term.pk), school.code, changes, reason))
    return Renamed(True, sections.follow_term(actor, term, before, reason))
