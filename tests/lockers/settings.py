"""The product's settings, and one app more."""

import os
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, PASI_CONTRACT
from tests.lockers import contract

INSTALLED_APPS = [*INSTALLED_APPS, "tests.lockers"]
ROOT_URLCONF = "tests.lockers.urls"
TEST_SIMULATOR = "tests.lockers.simulator"
# Made once, and read by the simulator and by all processes of a run.
if "LOCKERS_CONTRACT" not in os.environ:
    os.environ["LOCKERS_CONTRACT"] = str(contract.written(PASI_CONTRACT))
PASI_CONTRACT = Path(os.environ["LOCKERS_CONTRACT"])
