"""Work that begins once the answer has gone out."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase


def when_sent(response: HttpResponseBase, do: Callable[[], object]) -> None:
    """Calls back when the answer is closed, whoever sends it: the server, the test client, a file's stream."""
    closing: Any = response
    closing._resource_closers.append(do)
