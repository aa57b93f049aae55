"""A workbook's ZIP archive: its parts, found as a spreadsheet finds them, each bounded in what it unpacks to."""

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO
from urllib.parse import unquote

from reconciliation.engine.bounds import MOST_OF_A_PART, MOST_UNPACKED
from reconciliation.engine.xml import Ended, Target, parse
from reconciliation.rules import kinds
from reconciliation.rules.notes import Note, Refused

# Rows of a sheet pack to a tenth or a fiftieth; a bomb to a thousandth.
ALWAYS_ALLOWED = 10 * 1024**2
MOST_TIMES = 200
MOST_PARTS = 10_000
MOST_OF_THE_LIST = (
    16 * 1024**2
)  # bytes of the archive's list of its parts: each becomes an object of ten times the size
PACKED_AS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others may ask for any memory
LIST_SIZE = 5  # the place of the list's size in what zipfile finds at the end of the archive
WORKBOOK = "xl/workbook.xml"  # where nothing says where it is


class Package:
    """The parts by name. Programs differ in the case and the slashes of names; spreadsheets accept them all."""

    def __init__(self, file: BinaryIO, side: str) -> None:
        self.side, self.unpacked = side, 0
        try:
            end = zipfile._EndRecData(file)  # type: ignore[attr-defined] # ZipFile itself reads a list of any size
            if end and end[LIST_SIZE] > MOST_OF_THE_LIST:
                raise self.bomb()
            self.zip = zipfile.ZipFile(file)
            # orig_filename: a name with a null is cut in the other.
            parts = [part for part in self.zip.infolist()[:MOST_PARTS] if part.compress_type in PACKED_AS]
            self.parts = {tidy(part.orig_filename): part for part in parts}
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError):
            raise self.damaged() from None

    def damaged(self) -> Refused:
        return Refused(Note("not_a_workbook", {"side": self.side}))

    def bomb(self) -> Refused:
        return Refused(Note("zip_bomb", {"side": self.side}))

    def check_kind(self) -> None:
        """Raises Refused for another kind of archive, by its true name."""
        mimetype = b""
        if "mimetype" in self.parts and self.parts["mimetype"].file_size < 200:
            try:
                mimetype = self.zip.read(self.parts["mimetype"])
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
                raise self.damaged() from None
        other = kinds.by_parts(self.parts.keys(), mimetype)
        if other:
            raise self.other(other)

    def other(self, kind: kinds.Other) -> Refused:
        return Refused(Note("not_a_table", {"side": self.side, "what": kind.what, "way": kind.way}))

    def parse(
        self, name: str, target: Target, step: Callable[[], None], most: int = MOST_OF_A_PART, *, ends: bool = False
    ) -> None:
        """`most` bytes of the part are read; what is longer is refused or, if it `ends` there, left unread."""
        try:
            parse(self._pieces(name, most, ends), target, step)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
            raise self.damaged() from None

    def _pieces(self, name: str, most: int, ends: bool) -> Iterator[bytes]:
        part = self.parts.get(tidy(name))
        if part is None:
            raise self.damaged()
        size, packed = part.file_size, max(part.compress_size, 1)
        if (size > most and not ends) or (size > ALWAYS_ALLOWED and size > MOST_TIMES * packed):
            raise self.bomb()
        # A part that unpacks to more than it says is cut there by zipfile, and its checksum fails.
        left = most
        with self.zip.open(part) as unpacked:
            while piece := unpacked.read(1 << 18):
                yield piece
                left -= len(piece)
                self.unpacked += len(piece)
                if self.unpacked > MOST_UNPACKED:
                    raise self.bomb()
                if left <= 0:
                    raise Ended

    def has(self, name: str) -> bool:
        return tidy(name) in self.parts

    def relations(self, part: str, step: Callable[[], None]) -> "Relations":
        """What a part points to ("": the package itself); empty where it has no relations."""
        folder, name = posixpath.split(part)
        relations = Relations(self.side, folder)
        place = posixpath.join(folder, "_rels", f"{name}.rels")
        if self.has(place):
            self.parse(place, relations, step)
        return relations

    def workbook(self, step: Callable[[], None]) -> str:
        """The name of the workbook's own part."""
        for place in self.relations("", step).of_type("/officeDocument"):
            if self.has(place) and place.endswith(".bin"):
                raise self.other(kinds.BINARY_WORKBOOK)
            if self.has(place):
                return place
        named = [WORKBOOK, *(name for name in self.parts if name.endswith("/workbook.xml"))]
        own_part = next((name for name in named if self.has(name)), "")
        if not own_part:
            raise self.damaged()
        return own_part


def tidy(name: str) -> str:
    return posixpath.normpath(unquote(name).replace("\\", "/")).lstrip("/").casefold()


class Relations(Target):
    """Parts by relation, with their types. Places are relative to the folder of the part that names them."""

    def __init__(self, side: str, folder: str) -> None:
        super().__init__(side)
        self.folder = folder
        self.targets: dict[str, str] = {}
        self.types: dict[str, str] = {}

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            key, place = attributes.get("Id", ""), attributes.get("Target", "").replace("\\", "/")
            self.targets[key] = place.lstrip("/") if place.startswith("/") else posixpath.join(self.folder, place)
            self.types[key] = attributes.get("Type", "")
            self.few(len(self.targets))

    def of_type(self, ending: str) -> list[str]:
        return [self.targets[key] for key, kind in self.types.items() if kind.endswith(ending)]
