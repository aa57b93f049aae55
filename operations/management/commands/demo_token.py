from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.models import User
from operations.services.people import demo_token


class Command(BaseCommand):
    help = "Prints the API token of a user of the demo district, and nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"], is_demo=True).first()
        if user is None:
            raise CommandError(
                f"The demo district has no user {options['username']!r}. It has: registrar_a, registrar_b, district, admin."
            )
        self.stdout.write(demo_token(user))
