from django.apps import AppConfig


class LockersConfig(AppConfig):
    name = "tests.lockers"
    label = "lockers"

    def ready(self) -> None:
        from pasi_connect.entities import REGISTRY
        from tests.lockers.entity import ENTITY

        REGISTRY.register(ENTITY)
