"""What reading a file may cost. Every cap admits a sheet of 1,048,576 rows and 30 columns; anything beyond is refused in words."""

from reconciliation.rules.notes import Note, Refused

MEGABYTE = 1024**2
MOST_UNPACKED = 3 * 1024 * MEGABYTE  # of all parts of a workbook that are read, however often
MOST_OF_A_PART = 64 * MEGABYTE  # where a part is neither a sheet nor the shared strings
MOST_OF_A_HEAD = 16 * MEGABYTE  # to find the first rows of a sheet that may not be the one
MOST_CELLS = (
    32 * MEGABYTE
)  # each takes 16 bytes and its text, also a blank one of a row that is shorter than the headers
MOST_CSV_CELLS = 128 * MEGABYTE  # a CSV file is as large as it looks
MOST_CHARACTERS = 512 * MEGABYTE  # of all cells: a shared string of 100,000 letters may be named in each of them
MOST_BEYOND = 1_048_576  # cells beyond the last header, which are kept one by one
MOST_STRINGS, MOST_STRING_BYTES = 16 * MEGABYTE, 256 * MEGABYTE
LONGEST_CELL = 131_072  # characters; a spreadsheet's own holds 32,767
MOST_NAMED = 20_000  # sheets, relations, styles, hidden columns


class Bounds:
    """Counts the cells of one table while it is read."""

    def __init__(self, side: str, most_cells: int = MOST_CELLS) -> None:
        self.side, self.most_cells = side, most_cells
        self.cells = self.characters = self.beyond = 0

    def row(self, cells: int, characters: int, beyond: int = 0) -> None:
        """One more row, with so many cells below headers and so many beyond them. Raises Refused."""
        self.cells += cells
        self.characters += characters
        self.beyond += beyond
        if self.cells > self.most_cells:
            raise self.refuse("many_cells", self.most_cells // MEGABYTE)
        if self.characters > MOST_CHARACTERS:
            raise self.refuse("much_text", MOST_CHARACTERS // MEGABYTE)
        if self.beyond > MOST_BEYOND:
            raise self.refuse("many_beyond", MOST_BEYOND)

    def refuse(self, code: str, limit: int) -> Refused:
        return Refused(Note(code, {"side": self.side, "limit": limit}))
