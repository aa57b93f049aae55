"""Schools, as PASI lists them. Pull only: ours follow the ministry's names and authorities."""

from collections.abc import Sequence

from pasi_connect.entities.definition import Document, Entity, Get
from pasi_connect.models.copies import SchoolCopy
from pasi_connect.rules.fields import Direction, Field, Type
from sis.services import organizations


def _stored(documents: Sequence[Document]) -> None:
    organizations.follow_pasi(
        [(str(one["SchoolCode"]), one.get("Name") or "", one.get("SchoolAuthorityCode") or "") for one in documents]
    )


ENTITY = Entity(
    kind="school",
    notification="School",
    key="SchoolCode",
    copy=SchoolCopy,
    get=Get("GetSchoolInformation", "SchoolCodes", "School"),
    fields=(
        Field("name", "Name", direction=Direction.FROM_PASI, cut=True),
        Field("authority_code", "SchoolAuthorityCode", direction=Direction.FROM_PASI),
        Field("is_active", "IsActive", Type.FLAG, direction=Direction.FROM_PASI),
    ),
    stored=_stored,
)
