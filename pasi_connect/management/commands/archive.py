import itertools
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.actor import SYNC
from pasi_connect.services import archiving


class Command(BaseCommand):
    help = "The archive of data events: `archive run` starts the job, `archive list` names the files, `archive show FILE` prints one."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("run", help="Starts the job that archives what is old enough.")
        actions.add_parser("list", help="Prints name and size in bytes of each file, newest first.")
        show = actions.add_parser("show", help="Prints the events of a file, one JSON object a line, oldest first.")
        show.add_argument("file")
        show.add_argument("--entity", help="Only events of this kind of record, as school_enrolment.")
        show.add_argument("--record", type=int, help="Only events of the record with this number.")
        show.add_argument("--most", type=int, help="At most so many.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "run":
            self.stdout.write(f"Job {archiving.start(SYNC).pk}")
        elif options["action"] == "list":
            for file in archiving.files():
                self.stdout.write(f"{file.name}\t{file.size}")
        else:
            self._show(options)

    def _show(self, options: dict[str, Any]) -> None:
        try:
            events = (
                event
                for event in archiving.read(options["file"])
                if options["entity"] in (None, event["entity"]) and options["record"] in (None, event["subject_id"])
            )
            for event in itertools.islice(events, options["most"]):
                self.stdout.write(json.dumps(event, ensure_ascii=False))
        except FileNotFoundError:
            raise CommandError(f"The archive has no file {options['file']}. `archive list` names them.") from None
