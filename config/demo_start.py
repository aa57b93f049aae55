"""What follows the start of the processes: fill the simulator, wait until all work, tell people where to look.

With DEMO=0 the simulator alone is filled, and the SIS stays empty.

Started by the supervisor as one of its children, so that Ctrl-C ends the waiting like everything else.
"""

import http.client
import json
import os
import subprocess
import sys
import time
from typing import Any

STEP_LIMIT = 120.0  # seconds


def answer(port: int, path: str) -> tuple[int, Any]:
    """Status and JSON body (None for another body) of a GET on this machine; status 0 when nobody answers.

    `http.client` because a proxy named in the environment must not stand between us and our own machine.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        body = reply.read(1_000_000)
    except (OSError, http.client.HTTPException):
        return 0, None
    finally:
        connection.close()
    try:
        return reply.status, json.loads(body)
    except ValueError:
        return reply.status, None


def not_ready(status: int, body: Any) -> list[str]:
    """What the health page says does not work yet, as short texts."""
    if status == 0:
        return ["web"]
    checks = body.get("checks") if isinstance(body, dict) else None
    if not isinstance(checks, dict):
        return [f"health page (answers {status})"]
    texts = []
    for name, check in checks.items():
        if not check.get("ok"):
            detail = check.get("detail") or check.get("error")
            texts.append(f"{name} ({detail})" if detail else name)
    return texts or [f"health page (answers {status})"]


def wait(port: int, path: str, name: str) -> bool:
    """Ask until the answer is 200, telling what is missing whenever that changes. False after two minutes."""
    previous: list[str] | None = None
    end = time.monotonic() + STEP_LIMIT
    while True:
        status, body = answer(port, path)
        if status == 200:
            return True
        missing = not_ready(status, body) if path == "/healthz" else [name]
        if time.monotonic() >= end:
            print(f"Not ready after {STEP_LIMIT:.0f} s: {', '.join(missing)}. The lines above say why.")
            return False
        if missing != previous:
            print(f"waiting for: {', '.join(missing)} …", flush=True)
            previous = missing
        time.sleep(1)


def manage(*command: str) -> bool:
    return (
        subprocess.run([sys.executable, "manage.py", *command], stdin=subprocess.DEVNULL, check=False).returncode == 0
    )


def main() -> int:
    web, control = int(os.environ["PORT"]), int(os.environ["PASI_CONTROL_PORT"])
    demo = os.environ["DEMO"] == "1"
    # The simulator alone is filled as soon as it is there: whoever sees a healthy product finds PASI complete.
    if not (wait(control, "/control/health/", "simulator") and (not demo or wait(web, "/livez", "web"))):
        return 1
    empty = () if demo else ("--empty",)
    what = "the demo district" if demo else "the simulator"
    print(f"filling {what} …", flush=True)
    if not manage("make_demo", *empty):
        print(f"{what.capitalize()} could not be filled (see above); the rest runs on.")
        return 1
    ready = wait(web, "/healthz", "health page")
    if ready and demo:
        print("giving the demo something to do …", flush=True)
        manage("make_demo", "--work")
    manage("demo_welcome", *empty)
    return 0 if ready else 1


if __name__ == "__main__":
    sys.exit(main())
