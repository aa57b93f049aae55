"""The registration: all that the engine is told of lockers."""

from pasi_connect.entities.definition import Entity, Get, Part, Show, Sis, Submit
from pasi_connect.rules.fields import Direction, Field, Type
from tests.lockers import door
from tests.lockers.models import Locker, LockerCopy, in_words

ENTITY = Entity(
    kind=door.KIND,
    notification="Locker",
    key="RefId",
    key_is_ref_id=True,
    copy=LockerCopy,
    get=Get("GetLocker", "RefIds", "Locker", key="RefId"),
    submit=Submit("SubmitLocker", "Locker"),
    sis=Sis(
        Locker,
        create=door.create,
        change=door.change,
        change_many=door.change_many,
        related=("school",),
        student="",
        year="",
    ),
    show=Show(
        in_words("Locker", "Casier"),
        title=str,
        list_title=str,
        page="lockers:locker",
        page_of="pk",
        page_label=in_words("locker page", "page du casier"),
        edit="lockers:locker-edit",
        edit_label=in_words("Edit the locker", "Modifier le casier"),
        in_pasiprep=True,
    ),
    identity=(Part("school", "school_code", "SchoolCode", "school__code"),),
    fields=(
        Field("number", "LockerNumber"),
        Field("lent_until", "LentUntil", Type.DAY),
        Field("shelves", "ShelfCount", Type.NUMBER),
        Field("deleted", "IsDeleted", Type.FLAG),
        Field("key_holder", direction=Direction.HERE),
        Field("updated_by", "LastUpdate/UserName", direction=Direction.FROM_PASI, cut=True),
        Field("updated_by_organization", "LastUpdate/OrganizationCode", direction=Direction.FROM_PASI, cut=True),
        Field("effective_at", "EffectiveUtc", Type.MOMENT, direction=Direction.FROM_PASI),
    ),
)
