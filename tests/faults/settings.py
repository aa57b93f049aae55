"""The product's settings with one addition: an app that can kill its own process at a counted step."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as PRODUCT_APPS

INSTALLED_APPS = [*PRODUCT_APPS, "tests.faults.crashing"]
