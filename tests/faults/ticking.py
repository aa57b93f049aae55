"""The tick without Celery around it: the same function, every TICK_SECONDS."""

import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import close_old_connections  # noqa: E402

from operations.tasks import tick  # noqa: E402

while True:
    close_old_connections()
    tick()
    time.sleep(settings.TICK_SECONDS)
