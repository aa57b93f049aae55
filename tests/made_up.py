"""Apps under `tests` that bring a kind of record of their own, where the settings install any (`tests.lockers.settings`)."""

from importlib import import_module
from types import ModuleType

from django.conf import settings


def rooms(name: str) -> list[ModuleType]:
    """The module of this name of each such app."""
    return [import_module(f"{app}.{name}") for app in settings.INSTALLED_APPS if app.startswith("tests.")]
