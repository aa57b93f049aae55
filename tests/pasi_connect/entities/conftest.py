import pytest


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Pages are drawn without the style sheets having been collected."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
