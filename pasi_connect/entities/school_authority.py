"""School authorities, as PASI lists them. Pull only: names beside organization codes."""

from pasi_connect.entities.definition import Entity, Get
from pasi_connect.models.copies import AuthorityCopy
from pasi_connect.rules.fields import Direction, Field, Type

ENTITY = Entity(
    kind="school_authority",
    notification="SchoolAuthority",
    key="SchoolAuthorityCode",
    copy=AuthorityCopy,
    get=Get("GetSchoolAuthorityInformation", "SchoolAuthorityCodes", "SchoolAuthority"),
    fields=(
        Field("name", "Name", direction=Direction.FROM_PASI, cut=True),
        Field("is_active", "IsActive", Type.FLAG, direction=Direction.FROM_PASI),
    ),
)
