"""The faults: a text that stands once in the product, and what stands there instead. The tests are those that the row names."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("alerts", "config", "feeds", "operations", "pasi_connect", "reconciliation", "registrar", "sis")


@dataclass(frozen=True)
class Fault:
    """`row` of the page, `what` goes wrong, `search` and `replace`."""

    row: int
    what: str
    search: str
    replace: str


FAULTS = (
    Fault(
        1, "PASI is called while it is away",
        "return link.state in (LinkState.State.UP, LinkState.State.UNKNOWN)", "return True",
    ),
    Fault(
        2, "nobody asks whether PASI is back",
        'gateway.call("HelloWorld", {}, reference.purpose(), seconds=PROBE_SECONDS)', "pass",
    ),
    Fault(
        3, "Home does not say that PASI is away",
        "if away and queue.queued:", "if False and queue.queued:",
    ),
    Fault(
        4, "students are not stored",
        "student.ENTITY,", "",
    ),
    Fault(
        6, "senders are woken while PASI is away",
        "    if sending.may_call():\n        for pk in sending.orphans()", "    if True:\n        for pk in sending.orphans()",
    ),
    Fault(
        7, "any version may be replaced",
        "    return version == current\n", "    return True\n",
    ),
    Fault(
        8, "what PASI refused is not kept",
        "rejections=answer.rejections,", "rejections=[],",
    ),
    Fault(
        9, "nobody is warned before the certificate ends",
        "return certificate.days_left <= connection.warn_days", "return False",
    ),
    Fault(
        12, "all calls have one number",
        "message_id = uuid.uuid4()", "message_id = uuid.UUID(int=7)",
    ),
    Fault(
        13, "the person is not named",
        "caller.sync_name if system else callers.for_pasi(actor.name)", "caller.sync_name",
    ),
    Fault(
        14, "the product names itself otherwise",
        "caller.sync_name if system else callers.for_pasi(actor.name)",
        '"Synchronization" if system else callers.for_pasi(actor.name)',
    ),
    Fault(
        15, "the authority calls for every school",
        '"OrganizationCode": purpose.', '"OrganizationCode": "A.1750" and "A.1750" or purpose.',
    ),
    Fault(
        16, "code values are asked for once a month",
        "EVERY = dt.timedelta(hours=24)", "EVERY = dt.timedelta(days=30)",
    ),
    Fault(
        16, "all code values are asked for each time",
        '{"LastKnownSourceVersion": version}', '{"LastKnownSourceVersion": 0}',
    ),
    Fault(
        17, "pick lists are empty",
        "read.setdefault(name, []).append((value.code, label))", "read.setdefault(name, [])",
    ),
    Fault(
        20, "all years are asked for, whatever was chosen",
        "range(-historical_years, 2)", "range(-2, 2)",
    ),
    Fault(
        21, "what has gone from PASI stays",
        "if vanish(kind, there, cursor, begun):", "if False:",
    ),
    Fault(
        22, "what is stored is fetched again",
        "missing = [pair for pair in pairs if versions.get(pair[0].lower(), -1) < pair[1] or pair[0].lower() in ahead]",
        "missing = list(pairs)",
    ),
    Fault(
        34, "a deactivated ASN is used",
        'Row("9009", REJECTION, lambda s: s.student.deactivated,', 'Row("9009", REJECTION, lambda s: False,',
    ),
    Fault(
        34, "a secondary ASN is used",
        'Row("9011", REJECTION, lambda s: bool(s.student.primary_asn),', 'Row("9011", REJECTION, lambda s: False,',
    ),
    Fault(
        35, "rejecting does not reset PASI",
        "        _send_ours(actor, link, keep, copy.core_version)\n", "",
    ),
    Fault(
        36, "who leaves early has completed",
        "Change.of(enrolment, exit_date=last_day_attended, exit_date_type=WITHDRAWAL)",
        "Change.of(enrolment, exit_date=last_day_attended, exit_date_type=COMPLETION)",
    ),
    Fault(
        37, "a return may share days with the stay before",
        "def overlap(first: Days, second: Days) -> bool:\n",
        "def overlap(first: Days, second: Days) -> bool:\n    return False\n",
    ),
    Fault(
        37, "a return takes the record of the stay before",
        "[Change(student, school, school_year, values)], reason, note)",
        "[Change.of(earlier[-1], **values) if earlier else Change(student, school, school_year, values)], reason, note)",
    ),
    Fault(
        38, "only the current and the next year go out",
        "range(-historical_years, 2)", "range(0, 2)",
    ),
    Fault(
        40, "what PASI holds is replaced unseen",
        "    if version != seen_version:\n        raise Moved(", "    if False:\n        raise Moved(",
    ),
)  # fmt: skip


def places(fault: Fault) -> list[Path]:
    """The files of the product that hold the text, once for each time. A fault is sound when there is one."""
    files = [path for package in PRODUCT for path in sorted((ROOT / package).rglob("*.py"))]
    return [path for path in files for _ in range(path.read_text().count(fault.search))]
