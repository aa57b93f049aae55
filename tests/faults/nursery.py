"""Starts the processes of a stage quickly: what they all import is imported once, each is then forked off.

`python -m tests.faults.nursery`; one JSON line in ({"command", "environment", "log", "pipes"}), one out ({"pid"}). A forked process
reads the settings and opens its connections itself and leads a process group of its own: killing it is killing a real process.
"""

import importlib
import json
import os
import runpy
import signal
import sys
import traceback

# What the processes import anyway. None of it may read the settings: each process has its own.
SHARED = (
    *("celery.apps.worker", "celery.bin.celery", "kombu.transport.filesystem", "redis"),
    *("django.core.management", "django.db.models", "django.contrib.auth.hashers", "django_filters", "rest_framework"),
    *("lxml.etree", "psycopg", "requests"),
)


def become(order: dict) -> None:
    """The forked process turns into what was ordered; never returns."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(order["environment"])
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    pipes = order.get("pipes")
    incoming = os.open(pipes[0] if pipes else os.devnull, os.O_RDONLY)
    outgoing = os.open(pipes[1], os.O_WRONLY) if pipes else log
    for target, source in enumerate((incoming, outgoing, log)):
        os.dup2(source, target)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w", buffering=1), open(2, "w", buffering=1)  # noqa: SIM115
    code = 1
    try:
        first, *rest = order["command"]
        if first == "-m":
            sys.argv = rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = order["command"]
            runpy.run_path(first, run_name="__main__")
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001 - the last words of the process
        traceback.print_exc()
    finally:
        os._exit(code)


def main() -> None:
    for name in SHARED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are buried at once, so that a test sees them gone
    print(json.dumps({"ready": True}), flush=True)
    while line := sys.stdin.readline():
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            become(order)
        print(json.dumps({"pid": pid}), flush=True)


if __name__ == "__main__":
    main()
