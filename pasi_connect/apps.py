from django.apps import AppConfig


class PasiConnectConfig(AppConfig):
    name = "pasi_connect"
    verbose_name = "PASI Connect"

    def ready(self) -> None:
        from pasi_connect import entities  # noqa: F401 - registers its kinds: from now on their events are taken up
        from pasi_connect.services import setting_up
        from pasi_connect.services.queue import matching
        from sis.services import organizations
        from sis.services.loading import keys

        keys.adopts(matching.adopt)
        organizations.states_matter_to(setting_up.RECONSIDER)
