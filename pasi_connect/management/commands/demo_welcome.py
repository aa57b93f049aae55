import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from pasi_connect.demo import empty, making


class Command(BaseCommand):
    help = (
        "Prints addresses, logins and what to try first in the demo district; with --empty what to do first without it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--empty", action="store_true", help="of an installation without the demo district")

    def handle(self, *args: Any, **options: Any) -> None:
        welcome = empty.welcome if options["empty"] else making.welcome
        self.stdout.write(welcome(os.environ.get("PORT", "8000"), os.environ.get("PASI_CONTROL_PORT", "9480")))
