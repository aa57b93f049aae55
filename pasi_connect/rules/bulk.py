"""Which kinds a bulk decides, and what deciding them does. Each row is one kind with one decision.

`named`: only where the caller names the kind, because a person has to look (a conflict) or because a record goes away.
"""

from dataclasses import dataclass

from operations.rules.words import gettext_noop
from pasi_connect.rules import compare

ACCEPT, REJECT = "accept", "reject"

_CONFLICT = gettext_noop("Both sides changed, or it is not known which one did. Review each change separately.")

_RESTORED = gettext_noop("These enrolments were deleted and restored. Review each one separately.")
_IDENTITY = gettext_noop(
    "PASI moved these records to another student, school or school year. Review each one separately."
)


@dataclass(frozen=True)
class Effect:
    """`here`: a SIS record changes; `sent`: a submission goes to PASI; `why_named` is "" where the kind needs no naming."""

    kind: str
    decision: str
    here: bool
    sent: bool
    effect: str
    why_named: str = ""

    @property
    def named(self) -> bool:
        return bool(self.why_named)


EFFECTS: tuple[Effect, ...] = (
    Effect(compare.CHANGED_IN_PASI, ACCEPT, here=True, sent=False, effect=gettext_noop("the SIS takes PASI’s values")),
    Effect(
        compare.CHANGED_IN_PASI, REJECT, here=False, sent=True, effect=gettext_noop("PASI is reset to the SIS values")
    ),
    Effect(
        compare.CHANGED_ON_BOTH,
        ACCEPT,
        here=True,
        sent=False,
        effect=gettext_noop("PASI's values replace what was changed here"),
        why_named=_CONFLICT,
    ),
    Effect(
        compare.CHANGED_ON_BOTH,
        REJECT,
        here=False,
        sent=True,
        effect=gettext_noop("the SIS values replace what was changed in PASI"),
        why_named=_CONFLICT,
    ),
    Effect(
        compare.NEVER_AGREED,
        ACCEPT,
        here=True,
        sent=False,
        effect=gettext_noop("the SIS takes PASI’s values"),
        why_named=_CONFLICT,
    ),
    Effect(
        compare.NEVER_AGREED,
        REJECT,
        here=False,
        sent=True,
        effect=gettext_noop("PASI is reset to the SIS values"),
        why_named=_CONFLICT,
    ),
    Effect(
        compare.CREATED_IN_PASI,
        ACCEPT,
        here=True,
        sent=False,
        effect=gettext_noop("the enrolment is entered here"),
    ),
    Effect(
        compare.CREATED_IN_PASI,
        REJECT,
        here=True,
        sent=True,
        effect=gettext_noop("the enrolment is deleted in PASI"),
        why_named=gettext_noop("Keeping SIS deletes these enrolments in PASI."),
    ),
    Effect(
        compare.DELETED_IN_PASI,
        ACCEPT,
        here=True,
        sent=False,
        effect=gettext_noop("the enrolment is marked as deleted here"),
        why_named=gettext_noop("Accepting PASI deletes these enrolments here."),
    ),
    Effect(
        compare.DELETED_IN_PASI, REJECT, here=False, sent=True, effect=gettext_noop("the enrolment is restored in PASI")
    ),
    Effect(
        compare.RESTORED_IN_PASI,
        ACCEPT,
        here=True,
        sent=False,
        effect=gettext_noop("the enrolment is restored here"),
        why_named=_RESTORED,
    ),
    Effect(
        compare.RESTORED_IN_PASI,
        REJECT,
        here=False,
        sent=True,
        effect=gettext_noop("the enrolment is deleted in PASI again"),
        why_named=_RESTORED,
    ),
    Effect(
        compare.MISSING_IN_PASI,
        ACCEPT,
        here=True,
        sent=False,
        effect=gettext_noop("the enrolment is marked as deleted here"),
        why_named=gettext_noop("Accepting PASI deletes these enrolments here."),
    ),
    Effect(
        compare.MISSING_IN_PASI, REJECT, here=False, sent=True, effect=gettext_noop("the enrolment is sent to PASI")
    ),
    Effect(
        compare.IDENTITY_CHANGED,
        ACCEPT,
        here=True,
        sent=False,
        effect=gettext_noop("the SIS record moves to PASI’s student, school and school year"),
        why_named=_IDENTITY,
    ),
    Effect(
        compare.IDENTITY_CHANGED,
        REJECT,
        here=False,
        sent=True,
        effect=gettext_noop("PASI’s record goes back to our student, school and school year"),
        why_named=_IDENTITY,
    ),
)
BY_KEY = {(row.kind, row.decision): row for row in EFFECTS}


def decided(kind: str, decision: str, kinds: frozenset[str] | None) -> bool:
    """Is an item of this kind decided? `kinds` are those that the caller named; None: none were named."""
    if kinds is not None:
        return kind in kinds
    return not BY_KEY[kind, decision].named
