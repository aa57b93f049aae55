"""Asking the simulator's control address on this machine."""

import json
import urllib.request
from typing import Any

_direct = urllib.request.build_opener(
    urllib.request.ProxyHandler({})
)  # a proxy must not stand between us and ourselves


def ask(address: str, body: Any = None, method: str | None = None) -> Any:
    """The JSON answer. GET without a body, POST with one, unless `method` says otherwise. Raises OSError."""
    data = None if body is None else json.dumps(body, default=str).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, data=data, headers=headers, method=method)  # noqa: S310
    with _direct.open(request, timeout=60) as answer:
        return json.load(answer)
