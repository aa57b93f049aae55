import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations import clock
from operations.actor import SYNC
from operations.models import ApiToken, User
from operations.services import people


class Command(BaseCommand):
    help = (
        "Makes an API token for a person or service account and prints it, and nothing else. The audit and the owner's "
        "notices say that it was made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="NAME")
        parser.add_argument("--hours", type=int, default=1, help="How long it is valid; 1 unless said otherwise.")
        parser.add_argument("--read", action="store_true", help="A token that may only read.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(
                f"There is no active account {options['username']!r}. The page People lists all accounts."
            )
        most = int(people.longest_life() / dt.timedelta(hours=1))
        if not 1 <= options["hours"] <= most:
            raise CommandError(
                f"--hours must be from 1 to {most}: the longest life of a token is a setting (Retention)."
            )
        end = clock.now() + dt.timedelta(hours=options["hours"])
        scope = ApiToken.Scope.READ if options["read"] else ApiToken.Scope.WRITE
        self.stdout.write(people.make_token(SYNC, user, "Operator", end, scope=scope))
