"""Settings, addresses and processes: the outermost room. Nothing imports it but entry points."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
