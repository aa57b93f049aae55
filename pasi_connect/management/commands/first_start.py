import argparse
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from operations import clock
from operations.actor import SYNC
from operations.services import first_people, invitations
from pasi_connect.models import ConnectionSettings
from pasi_connect.services import first_start, setting_up
from sis.services import organizations

NO_TABLES = "The database of this installation has no tables yet. Start the product, or run: manage.py migrate"


class Command(BaseCommand):
    help = (
        "The first start of an installation: makes the school authority, its first administrator and, if named, a district "
        "officer, and prints a link for each with which the person sets the password. It can be run again: what is there "
        "stays, and whoever has no password yet gets a new link."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--authority", required=True, metavar="NNNN", type=_code, help="The authority code.")
        parser.add_argument("--name", required=True, help="The name of the authority.")
        parser.add_argument("--admin", required=True, metavar="NAME", help="User name of the administrator.")
        parser.add_argument("--officer", default="", metavar="NAME", help="User name of a district officer.")

    def handle(self, *args: Any, **options: Any) -> None:
        code, name = options["authority"], options["name"].strip()
        admin, officer = options["admin"].strip(), options["officer"].strip()
        if not first_people.has_tables():
            if settings.DATA_DIR_IS_NEW:
                settings.DATA_DIR.rmdir()
            raise CommandError(NO_TABLES)
        if officer and officer.casefold() == admin.casefold():
            raise CommandError("--admin and --officer are the same: a person has one role.")
        try:
            started = first_start.begin(SYNC, code, name, admin, officer)
        except ValidationError as error:
            raise CommandError(_sentence(error)) from None
        except first_people.NotThisPerson as error:
            raise CommandError(error.why) from None
        except organizations.AnotherAuthority as error:
            raise CommandError(f"{error} It has one authority; nothing was changed.") from None
        self.stdout.write(f"{started.authority}: {'set up' if started.new else 'was set up already'}.")
        for one in started.people:
            self._link(one)
        if ConnectionSettings.load().complete:
            self.stdout.write(_connection())
        self.stdout.write(f"Next: sign in at {settings.PUBLIC_URL}/ and follow the setup guide.")

    def _link(self, one: first_people.Invited) -> None:
        who = f"{one.person.username} ({one.role})"
        if not one.secret:
            self.stdout.write(f"{who} has a password already; no link was made.")
            return
        until = clock.now() + invitations.LIFETIME
        self.stdout.write(f"{who} sets a password here, once, until {until:%Y-%m-%d %H:%M} UTC:")
        self.stdout.write(f"  {settings.PUBLIC_URL}{reverse('invitation', args=[one.secret])}")


def _code(text: str) -> str:
    """Four digits; people also write A.7010."""
    code = text.strip().upper().removeprefix("A.")
    if not (len(code) == 4 and code.isascii() and code.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no authority code: it has four digits, as 7010.")
    return code


def _connection() -> str:
    answer = setting_up.test(SYNC)
    return "PASI answered: the connection works." if answer.good else "PASI did not answer; the setup guide says why."


def _sentence(error: ValidationError) -> str:
    """One line; `name: …` where it is about a field of the authority."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items())
