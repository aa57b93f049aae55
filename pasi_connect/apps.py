from django.apps import AppConfig


class PasiConnectConfig(AppConfig):
    name = "pasi_connect"
    verbose_name = "PASI Connect"

    def ready(self) -> None:
        from pasi_connect import entities  # noqa: F401 - registers its kinds: from now on their events are taken up
        from pasi_connect.services import setting_up
        from sis.services import organizations

        organizations.states_matter_to(setting_up.RECONSIDER)
