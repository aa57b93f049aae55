"""The registered kinds of records. The product's own come with the package; another app adds its own when it starts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from django.db.models import Model

from pasi_connect.entities.definition import Entity
from pasi_connect.models import Discrepancy, Link
from pasi_connect.models.relations import SubjectOf
from sis.services import events

SEND = "pasi_connect.send"  # the task that takes events up and sends what comes of them


class Registry(Sequence[Entity]):
    """In the order of pulling. Found by kind, by a model and by PASI's name: asked for every record of every set."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._entities: list[Entity] = []
        self.by_kind: dict[str, Entity] = {}
        self.by_model: dict[type[Model], Entity] = {}
        self.by_notification: dict[str, Entity] = {}
        for entity in entities:
            self.register(entity)

    def register(self, entity: Entity) -> None:
        """From now on the engine carries this kind: what the rows of the engine need to reach its SIS records follows from it.

        Call it when the program starts (`AppConfig.ready`). Raises ValueError where one of its names or tables is another kind's.
        """
        models = [entity.copy, entity.sis.model] if entity.sis else [entity.copy]
        taken = entity.kind in self.by_kind or entity.notification in self.by_notification
        if taken or not self.by_model.keys().isdisjoint(models):
            raise ValueError(f"{entity.kind} is registered already, or another kind has its name or its table.")
        self._entities.append(entity)
        self.by_kind[entity.kind] = self.by_notification[entity.notification] = entity
        self.by_model |= dict.fromkeys(models, entity)
        if entity.sis is not None:
            _relate(entity, entity.sis.model)
            events.tells(entity.sis.model, entity.subject)
            if entity.sends:
                events.collects(entity.kind, SEND)

    @overload
    def __getitem__(self, index: int) -> Entity: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entity]: ...
    def __getitem__(self, index: int | slice) -> Entity | Sequence[Entity]:
        return self._entities[index]

    def __len__(self) -> int:
        return len(self._entities)

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._entities)


def _relate(entity: Entity, model: type[Model]) -> None:
    """From links and items to the SIS record. The product's own kinds have theirs in the models, where pages use them by name."""
    for table, back in ((Link, "links"), (Discrepancy, "+")):
        kinds = {field.entity for field in table._meta.get_fields() if isinstance(field, SubjectOf)}
        if entity.kind not in kinds:
            SubjectOf(model, entity=entity.kind, related_name=back).contribute_to_class(table, entity.kind)
