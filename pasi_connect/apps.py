from django.apps import AppConfig


class PasiConnectConfig(AppConfig):
    name = "pasi_connect"
    verbose_name = "PASI Connect"
