"""One bench in this process: `python -m tests.benchmarks.one <name>`; writes its figures to the file BENCH_RESULT."""

import importlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path


def main(name: str) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    settings.DEBUG = False
    if name != "latency":  # it starts the whole product, which prepares its own database
        call_command("migrate", verbosity=0)
    figures = importlib.import_module(f"tests.benchmarks.{name}").run(os.environ.get("QUICK", "0") not in ("", "0"))
    Path(os.environ["BENCH_RESULT"]).write_text(json.dumps([asdict(figure) for figure in figures]))


if __name__ == "__main__":
    main(sys.argv[1])
