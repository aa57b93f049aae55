from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class OperationsConfig(AppConfig):
    name = "operations"

    def ready(self) -> None:
        from operations import security_log  # noqa: F401 - listens to sign-ins
        from operations.services.people import ensure_roles

        post_migrate.connect(ensure_roles, sender=self)
        autodiscover_modules("panels", "jobs")
