"""What PASI Connect offers to the pages around it: navigation, the link's state, banners, health and chores."""

from operations import offers
from pasi_connect import selectors
from pasi_connect.models import LinkState, SyncSettings
from pasi_connect.services import sweeping


def _link() -> dict[str, object]:
    link = LinkState.load()
    return {
        "state": link.state,
        "since": link.since.isoformat() if link.since else None,
        "last_answer_at": link.last_answer_at.isoformat() if link.last_answer_at else None,
        "code": link.code,
        "detail": link.detail,
    }


def _synchronisation() -> dict[str, object]:
    on = SyncSettings.load().regular_synchronization
    return {"ok": on} if on else {"ok": False, "detail": "regular synchronisation is off"}


def _district() -> dict[str, object]:
    there = selectors.in_step()
    return {"ok": there} if there else {"ok": False, "detail": "records here and in PASI are not equal yet"}


offers.probes["link"] = _link
offers.probes["synchronisation"] = _synchronisation
offers.probes["in_step"] = _district
offers.chores["synchronisation"] = sweeping.sweep
