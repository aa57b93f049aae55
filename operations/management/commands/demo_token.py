from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.models import User
from operations.services import first_people
from operations.services.people import demo_token


class Command(BaseCommand):
    help = "Prints the API token of a user of the demo district, and nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (first_people.has_tables() and User.objects.filter(is_demo=True).exists()):
            if settings.DATA_DIR_IS_NEW:
                settings.DATA_DIR.rmdir()
            raise CommandError(f"There is no demo district in {settings.DATA_DIR}. Start it first: make run")
        user = User.objects.filter(username=options["username"], is_demo=True).first()
        if user is None:
            raise CommandError(
                f"The demo district has no user {options['username']!r}. It has: registrar_a, registrar_b, district, admin."
            )
        self.stdout.write(demo_token(user))
