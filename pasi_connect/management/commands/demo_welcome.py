import os
from typing import Any

from django.core.management.base import BaseCommand

from pasi_connect.demo import making


class Command(BaseCommand):
    help = "Prints addresses, logins and what to try first in the demo district."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(making.welcome(os.environ.get("PORT", "8000"), os.environ.get("PASI_CONTROL_PORT", "9480")))
