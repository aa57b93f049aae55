from functools import partial
from pathlib import Path

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from django.conf import settings

        from config import broker, checks, reads  # noqa: F401 - checks registers them
        from operations import offers, reading

        reading.TABLE.update(reads.TABLE)
        if not settings.REDIS_URL:
            offers.chores["broker folder"] = partial(broker.clear, Path(settings.BROKER_DIR) / "messages")
