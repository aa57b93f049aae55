from django.apps import AppConfig


class PasiConnectConfig(AppConfig):
    name = "pasi_connect"
    verbose_name = "PASI Connect"

    def ready(self) -> None:
        from pasi_connect import entities
        from sis.services import events

        for entity in entities.written():
            if entity.submit is not None:
                events.collects(entity.kind)
