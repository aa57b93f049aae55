"""The text of the engine's notices: an action at another school, its undo, and a contract that has changed."""

from typing import Any

from django.utils.translation import gettext as _

from operations import offers
from pasi_connect.models import Action
from pasi_connect.services.decisions import notices
from pasi_connect.services.pull import contract_changes


def contract_changed(facts: dict[str, Any]) -> str:
    return (
        _(
            "PASI’s contract has changed: its answer to %(operation)s contains something unknown (%(place)s). It was "
            "stored and skipped."
        )
        % facts
    )


def action_done(facts: dict[str, Any]) -> str:
    """To a school at which an action of another school, or of the district, has written."""
    if facts.get("kind") == Action.Kind.DECISION and facts.get("school"):
        text = _(
            "%(who)s at school %(school)s decided on a change from PASI that concerns a student of your school. The decision "
            "applies to your school too."
        )
    elif facts.get("kind") == Action.Kind.DECISION:
        text = _(
            "%(who)s decided on a change from PASI that concerns a student of your school. The decision applies to your "
            "school too."
        )
    elif facts.get("kind") in notices.WORDS:
        text = notices.WORDS[facts["kind"]]
    elif facts.get("school"):
        text = _("“%(action)s”, done by %(who)s at school %(school)s, changed a record of your school.")
    else:
        text = _("“%(action)s”, done by %(who)s for several schools, changed records of your school.")
    return str(text) % {"who": facts.get("who", ""), "school": facts.get("school", ""), "action": _kind(facts)}


def action_undone(facts: dict[str, Any]) -> str:
    """To a school whose records an action has got back."""
    if facts.get("kind") in notices.OF_MANY:
        text = _("%(who)s undid “%(action)s”. The records of your school are as they were before.")
    else:
        text = _("%(who)s undid “%(action)s”, which had changed a record of your school.")
    return text % {"who": facts.get("who", ""), "action": _kind(facts)}


def _kind(facts: dict[str, Any]) -> str:
    kind = facts.get("kind", "")
    return str(Action.Kind(kind).label) if kind in Action.Kind.values else str(kind)


offers.notices[contract_changes.NOTICE] = contract_changed
offers.notices[notices.DONE] = action_done
offers.notices[notices.UNDONE] = action_undone
