"""What the registry suite asks of every kind of record, answered for lockers."""

from typing import Any

from drf_spectacular.generators import SchemaGenerator

from tests.factories.organizations import SchoolFactory
from tests.lockers import door, simulator, views
from tests.lockers.entity import ENTITY
from tests.lockers.forms import LockerForm
from tests.lockers.models import Locker
from tests.lockers.serializers import LockerSerializer
from tests.pasi_connect.world import World


def others() -> dict[str, Any]:
    from tests.pasi_connect.entities.others import Other

    schema = SchemaGenerator(patterns=_addresses()).get_schema(public=True)
    return {
        ENTITY.kind: Other(
            schemas=("Locker",),
            serializers=(LockerSerializer,),
            form=LockerForm,
            page=simulator.LABELS,
            by_action=frozenset({"deleted"}),
            described=schema["components"]["schemas"],
            listing=views.LIST,
            api="lockers:api-locker-list",
        )
    }


def _addresses() -> list[Any]:
    from tests.lockers.urls import router

    return router.urls


def stages() -> list[Any]:
    from tests.pasi_connect.entities.stages import Stage

    def create(world: World) -> Locker:
        return door.create(world.actor, {"school": world.school}, {"number": "A1", "shelves": 2})

    def bare(world: World) -> Locker:
        from tests.lockers.factories import LockerFactory

        return LockerFactory(school=SchoolFactory(code=world.school.code))

    return [
        Stage(
            ENTITY,
            create=create,
            bare=bare,
            change=door.change,
            field="shelves",
            member="ShelfCount",
            here=(3, 1),
            there=4,
            refused=9,
        )
    ]
