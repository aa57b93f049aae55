"""The technical codes that end a call with a fault. [Source: Error Reporting; Validation Rules between 0 and 9999]"""

from __future__ import annotations

TEXTS = {
    "1001": "Certificate not registered",
    "1002": "Certificate disabled",
    "1003": "PASI client disabled",
    "1004": "Invalid certification information",
    "1006": "Invalid IP address",
    "1007": "No access to the service requested",
    "1008": "Organization code is not valid for this client",
    "2001": "PASI Core is not available",
    "3001": "Request does not match the schema",
    "3002": "Request is not structured correctly",
    "3004": "PASI Core version mismatch",
    "3005": "Notification type is invalid",
    "3006": "Unexpected school year filter",
    "3007": "Invalid wait time in minutes",
    "3008": "Missing school year filter",
    "4001": "Unable to save",
    "4002": "Connection time-out inside PASI",
    "9001": "Unexpected problem in PASI",
    "9014": "PASI Core is out of date: data not yet available, resubmit",
}


class Fault(Exception):
    """Ends the call: `code` is PASI's number, `text` what a caller reads."""

    def __init__(self, code: str, detail: str = "") -> None:
        title = TEXTS.get(code, "Unexpected problem in PASI")
        self.code = code
        self.text = f"{title}. {detail}" if detail else title
        super().__init__(f"{code}: {self.text}")
