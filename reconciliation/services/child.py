"""Reads files in a child process, so that the process that serves pages never unpacks one."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings

from reconciliation.rules.notes import Note, Refused
from reconciliation.services.faults import EngineFault

if TYPE_CHECKING:
    from reconciliation.services.checking import File

MEMORY = 768 * 1024**2  # bytes of data
SECONDS = 30  # of processor time; somebody waits before the page
PATIENCE = 4  # times that, where the processor is busy with others, or a reader without memory waits for itself
OVER = 3  # as the child has it; importing that loads the readers
AT_ONCE = threading.BoundedSemaphore(2)  # children of one process: each may take its whole memory
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")  # of the environment: the child needs no password and no database


def answer_of_child(files: "Mapping[str, File]", kind: str) -> dict[str, Any]:
    """What the child found; see `reconciliation.engine.child`. Raises Refused where it met its limits, EngineFault."""
    question = {
        "files": {
            side: {"path": str(file.path), "name": file.name, "how": file.how.stored()} for side, file in files.items()
        },
        "kind": kind,
        "memory": MEMORY,
        "seconds": SECONDS,
    }
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | {"POLARS_MAX_THREADS": "2"}
    try:
        with AT_ONCE:
            child = subprocess.run(
                [sys.executable, "-m", "reconciliation.engine.child"],
                input=json.dumps(question),
                capture_output=True,
                text=True,
                cwd=settings.BASE_DIR,
                env=environment,
                timeout=SECONDS * PATIENCE,
                check=False,
            )
    except subprocess.TimeoutExpired:
        raise _over(files) from None
    if child.returncode < 0 or child.returncode == OVER:
        raise _over(files)
    if child.returncode:
        raise EngineFault(f"the reader of files, which ended with {child.returncode}")
    answer: dict[str, Any] = json.loads(child.stdout)
    if "fault" in answer:
        raise EngineFault(answer["fault"])
    return answer


def _over(files: "Mapping[str, File]") -> Refused:
    if len(files) == 1:
        return Refused(Note("too_costly", {"side": next(iter(files))}))
    return Refused(Note("both_too_costly"))
