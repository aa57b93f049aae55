"""Entry point of the web processes."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from config.checks import refuse_unsafe_start  # noqa: E402 - the checks need the apps

refuse_unsafe_start()

from django.conf import settings  # noqa: E402

from operations.services import metrics  # noqa: E402

metrics.share(settings.DATA_DIR / "metrics")
