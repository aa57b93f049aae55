"""The Celery app: wakes work, holds none."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("pasi_connect")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
