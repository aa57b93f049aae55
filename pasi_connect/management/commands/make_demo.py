import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pasi_connect.demo import empty, making


class Command(BaseCommand):
    help = "Makes the demo district. Run twice, it changes nothing the second time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--work", action="store_true", help="changes to decide and files to try, once all is in step"
        )
        parser.add_argument(
            "--empty", action="store_true", help="no district here: the connection, and PASI's side of the district"
        )
        parser.add_argument("--prepare", action="store_true", help="the SIS side alone, before the simulator runs")

    def handle(self, *args: Any, **options: Any) -> None:
        kind = empty if options["empty"] else making
        if options["prepare"]:
            certificates = Path(settings.DATA_DIR) / "certificates"
            try:
                kind.prepare(int(os.environ.get("PASI_SIMULATOR_PORT", "9443")), certificates)
            except making.OtherDistrict as error:
                raise CommandError(str(error)) from None
        elif options["work"]:
            making.give_work(int(os.environ.get("PASI_CONTROL_PORT", "9480")))
        else:
            kind.fill_simulator(int(os.environ.get("PASI_CONTROL_PORT", "9480")))
