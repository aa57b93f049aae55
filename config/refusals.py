"""What the web worker answers to bytes that never became a request, and so never reached the product."""

import json
import re

from gunicorn.http import errors

OF_API = re.compile(rb"[\r\n]*[^ \r\n]+ (https?://[^/ ]+)?/api/", re.I)
# In English: the reader's language is not known yet.
REFUSALS = {
    400: ("Bad Request", "The request cannot be read as HTTP."),
    403: ("Forbidden", "This connection may not be made."),
    408: ("Request Timeout", "The request did not arrive whole in time. Nothing was saved. Send it again."),
    414: ("URI Too Long", "The address is too long."),
    417: ("Expectation Failed", "Of Expect, 100-continue alone is understood."),
    431: ("Request Header Fields Too Large", "The head of the request is too large."),
    500: ("Internal Server Error", "The request could not be worked on. The fault has been logged."),
    501: ("Not Implemented", "This Transfer-Encoding is not taken. Send the body in one piece with Content-Length."),
    503: (
        "Service Unavailable",
        "PASI Connect is very busy. Nothing was saved. Send this again after Retry-After seconds.",
    ),
}


def refusal(status: int, head: bytes | bytearray = b"", retry_after: int = 0) -> bytes:
    """The answer to a request that begins with `head` and never became one: a problem for the API, else nothing but a status."""
    reason, detail = REFUSALS[status]
    more, body = "", b""
    if retry_after:
        more = f"Retry-After: {retry_after}\r\n"
    if OF_API.match(head):
        code = reason.lower().replace(" ", "_")
        problem = {"type": f"urn:pasi-connect:problem:{code}", "title": reason, "status": status, "detail": detail}
        body = json.dumps(problem).encode()
        more += "Content-Type: application/problem+json\r\n"
    more += "Cache-Control: private, no-store\r\nX-Content-Type-Options: nosniff\r\n"
    return (
        f"HTTP/1.1 {status} {reason}\r\n{more}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    )


STATUSES = {
    errors.LimitRequestLine: 414, errors.LimitRequestHeaders: 431, errors.ExpectationFailed: 417,
    errors.ForbiddenProxyRequest: 403, errors.UnsupportedTransferCoding: 501, errors.ConfigurationProblem: 500,
    errors.InvalidResponseHeader: 500, errors.InvalidResponseHeaderName: 500,
}  # fmt: skip


def status_of(error: BaseException) -> int:
    """For what gunicorn's parser found wrong."""
    return STATUSES.get(type(error), 400 if isinstance(error, errors.ParseException) else 500)
