import pytest


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Pages name their style sheets as they are; the hashed names exist only where they were collected."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
