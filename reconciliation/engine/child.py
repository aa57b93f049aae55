"""Reads files in a process of its own, with a limit of memory and of processor time: `python -m reconciliation.engine.child`.

The question comes as JSON on standard input, the answer goes as JSON to standard output: what `checking.described` or
`checking.likely_type` give, or {"fault": place}. Ends with OVER, or by a signal, where a limit was met.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from polars.exceptions import PanicException

from reconciliation.engine.checking import Upload, described, likely_type
from reconciliation.engine.opening import place_of
from reconciliation.rules.reading_options import how_of

OVER = 3


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """`files` by side with "path", "name" and "how"; `kind` is "" where the kind itself is asked for."""
    files = {
        side: Upload(Path(file["path"]), file["name"], how_of(file["how"])) for side, file in question["files"].items()
    }
    if not question["kind"]:
        return {"kind": likely_type(files["before"])}
    return described(files, question["kind"])


def main() -> None:
    question = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold student data
    resource.setrlimit(resource.RLIMIT_CPU, (question["seconds"], question["seconds"]))
    resource.setrlimit(resource.RLIMIT_DATA, (question["memory"], question["memory"]))
    try:
        result = answer(question)
    except MemoryError:
        sys.exit(OVER)
    except (Exception, PanicException) as error:  # noqa: BLE001 - told by its place
        result = {"fault": place_of(error)}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
