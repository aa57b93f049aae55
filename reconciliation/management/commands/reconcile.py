"""`manage.py reconcile --type CM BEFORE AFTER --out DIR`: compares two PASIprep exports. docs/developer/reconciliation.md."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reconciliation.rules.names import school_code
from reconciliation.rules.notes import Note, Refused, words
from reconciliation.rules.reading_options import DATE_ORDERS, DELIMITERS, ENCODINGS, How
from reconciliation.rules.types import TYPES
from sis.rules.school_year import SchoolYear

if TYPE_CHECKING:
    from reconciliation.engine.outcome import Options

REFUSED = 2


class Command(BaseCommand):
    help = (
        "Compares the PASIprep export from before the delete with the one from after the upload. Exit code 0: every row is "
        "Perfectly Matched; 1: some row is not; 2: refused, with the reasons."
    )
    requires_system_checks: list[str] = []  # it reads files, and no database row

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("before", type=Path, help="the export from before the delete")
        parser.add_argument("after", type=Path, help="the export from after the upload")
        parser.add_argument("--type", required=True, metavar="TYPE", help=f"what the files hold: {', '.join(TYPES)}")
        parser.add_argument("--out", required=True, type=Path, help="folder for result.csv and summary.json")
        parser.add_argument("--xlsx", action="store_true", help="write result.xlsx as well")
        parser.add_argument("--school", help="four digits; else from the files' names")
        parser.add_argument("--school-year", help="like 2026-2027; else from the files' names")
        parser.add_argument(
            "--also", action="append", default=[], metavar="COLUMN", help="compare this extra column too"
        )
        for side in ("before", "after"):
            parser.add_argument(
                f"--{side}-sheet", default="", metavar="NAME", help=f"sheet of the {side} file, if a workbook"
            )
            parser.add_argument(
                f"--{side}-header-row", type=int, default=0, metavar="ROW", help="the row of its headers"
            )
            parser.add_argument(f"--{side}-delimiter", choices=DELIMITERS, default="", help="what separates its cells")
            parser.add_argument(
                f"--{side}-encoding", choices=ENCODINGS, default="", help="how its characters are written"
            )
            parser.add_argument(
                f"--{side}-dates",
                choices=DATE_ORDERS,
                default="",
                help="the order of day (d), month (m) and year (y) in its dates",
            )
        parser.add_argument("--set-deleted-apart", action="store_true", help="rows with Deleted? = Yes take no part")

    def handle(self, *args: Any, **options: Any) -> None:
        # Imported here: no other command needs the engine, which takes its time to load.
        from polars.exceptions import PanicException

        from reconciliation.engine.opening import place_of
        from reconciliation.engine.running import Run
        from reconciliation.engine.writing import clear

        folder: Path = options["out"]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            outcome = Run(self.chosen(options))(options["before"], options["after"], folder)
        except ValueError as error:
            clear(folder)
            raise CommandError(str(error), returncode=REFUSED) from None
        except Refused as refused:
            raise CommandError("\n".join(words(note) for note in refused.notes), returncode=REFUSED) from None
        except OSError as error:
            raise CommandError(f"The result cannot be written: {error.strerror}", returncode=REFUSED) from error
        except (Exception, PanicException) as error:
            # Python's own exit code, 1, would say that the files were compared. A cell's text stays out of the message.
            raise CommandError(words(Note("run_failed", {"where": place_of(error)})), returncode=REFUSED) from error
        if outcome.is_identical:
            self.stdout.write(words(Note("identical")))
        for side in ("before", "after"):
            perfect, different, alone, unusable, set_apart = outcome.balance(side)
            self.stdout.write(
                f"{side}: {sum(outcome.balance(side))} rows = {perfect} perfectly matched + {different} with differences "
                f"+ {alone} {'missing' if side == 'before' else 'added'} + {unusable} unusable + {set_apart} set apart"
            )
        for note in outcome.warnings:
            if note.code != "identical":  # said already
                self.stderr.write(words(note))
        if not outcome.is_perfect:
            sys.exit(1)

    @staticmethod
    def how(options: dict[str, Any], side: str) -> How:
        row = options[f"{side}_header_row"]
        if row < 0:
            raise ValueError("A row counts from 1.")
        names = {"sheet": "sheet", "delimiter": "delimiter", "encoding": "encoding", "date_order": "dates"}
        return How(header_row=row, **{name: options[f"{side}_{option}"] for name, option in names.items()})

    def chosen(self, options: dict[str, Any]) -> "Options":
        """Raises ValueError with a sentence for people."""
        from reconciliation.engine.outcome import Options

        if options["type"] not in TYPES:
            raise ValueError(f"There is no type {options['type']}; there are {', '.join(TYPES)}.")
        return Options(
            type=options["type"],
            school=school_code(options["school"]) if options["school"] else None,
            school_year=str(SchoolYear.parse(options["school_year"])) if options["school_year"] else None,
            also=tuple(options["also"]),
            set_deleted_apart=options["set_deleted_apart"],
            xlsx=options["xlsx"],
            before_how=self.how(options, "before"),
            after_how=self.how(options, "after"),
        )
