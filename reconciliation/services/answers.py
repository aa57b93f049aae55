"""The column check and a line of the result, as the API and the page show them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from operations.rules.formulas import MARK, harmless
from reconciliation.models import Run
from reconciliation.rules.names import Belongs
from reconciliation.rules.types import TYPES
from reconciliation.services import checking
from reconciliation.services.checking import SIDES
from reconciliation.services.notes import sentence, sentences, stored

BETWEEN = "; "


def check(checks: Mapping[str, Any], whose: Belongs) -> dict[str, Any]:
    """The check with every note as a sentence; see ReconciliationCheckSerializer."""
    return {
        "is_clean": checking.is_clean(checks) and not whose.notes,
        "is_identical": any(note["code"] == "identical" for note in checks.get("both", [])),
        "is_swapped": whose.is_swapped,
        "school": whose.school,
        "school_year": whose.school_year,
        "faults": sentences(checking.faults(checks)),
        "warnings": sentences([*checks.get("both", []), *stored(whose.notes)]),
        **{side: _side(checks[side]) for side in SIDES},
    }


def _side(side: Mapping[str, Any]) -> dict[str, Any]:
    columns = [
        {"name": one["name"], "header": one["header"], "notes": sentences(one["notes"])} for one in side["columns"]
    ]
    return {
        "format": side.get("format", ""),
        "encoding": side.get("encoding", ""),
        "delimiter": side.get("delimiter", ""),
        "sheet": side.get("sheet", ""),
        "sheets": side.get("sheets", []),
        "header_row": side.get("header_row"),
        "rows": side.get("rows"),
        "columns": columns,
        "missing": [one["name"] for one in columns if one["header"] is None],
        "extra": side["extra"],
        "faults": sentences(side["faults"]),
        "notes": sentences(side["notes"]),
    }


def faults_by_side(faults: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """For a refusal: sentences by the field of the file, "" for what concerns neither."""
    sentences_by_side: dict[str, list[str]] = {}
    for fault in faults:
        side = str(fault["values"].get("side", ""))
        sentences_by_side.setdefault(side, []).append(sentence(fault))
    return sentences_by_side


class LineReader:
    """Turns the cells of a result's line into what they are called."""

    def __init__(self, run: Run) -> None:
        self.place = {name: str(number) for number, name in enumerate(run.header)}
        self.keys = [column.name for column in TYPES[run.type].key]
        suffix = " (before)"
        self.compared = [name.removesuffix(suffix) for name in run.header if name.endswith(suffix)]

    def text(self, row: Mapping[str, Any], name: str) -> str:
        """As in the file: what made it harmless for a spreadsheet is taken off again."""
        text = str(row[self.place[name]])
        return text[1:] if text.startswith(MARK) and harmless(text[1:]) == text else text

    def line(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """See ReconciliationRowSerializer."""
        before, after = self.text(row, "Before Row"), self.text(row, "After Row")
        return {
            "line": row["line"],
            "status": row["status"],
            "before_row": int(before) if before else None,
            "after_row": int(after) if after else None,
            "key": {name: self.text(row, name) for name in self.keys},
            "before": {name: self.text(row, f"{name} (before)") for name in self.compared} if before else None,
            "after": {name: self.text(row, f"{name} (after)") for name in self.compared} if after else None,
            "differences": split(self.text(row, "Differences")),
            "repaired": split(self.text(row, "Repaired")),
        }


def split(text: str) -> Sequence[str]:
    return text.split(BETWEEN) if text else []
