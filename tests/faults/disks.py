"""Disks that can be filled and freed: for real where the machine lets us mount one, else by the kernel's limit of file sizes."""

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from tests.faults.servers import Database
from tests.faults.stage import Stage

SIZE = "96m"


class Disk:
    """A folder on a file system of its own, if `mounted`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(folder)]
        wanted = not os.environ.get("WITHOUT_MOUNT")
        self.mounted = wanted and subprocess.run(command, capture_output=True, check=False).returncode == 0

    def fill(self, stage: Stage) -> None:
        """Not one byte more can be stored."""
        if not self.mounted:
            _limit(stage, 0)
            return
        with (self.folder / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 16))
        with (self.folder / "filler2").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(512))

    def free(self, stage: Stage) -> None:
        if not self.mounted:
            _limit(stage, resource.RLIM_INFINITY)
            return
        for name in ("filler", "filler2"):
            (self.folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)


def _limit(stage: Stage, size: int) -> None:
    """For every process of the product, and what it has started, files cannot grow beyond `size` bytes: EFBIG."""
    groups = {process.pid for name, process in stage.processes.items() if name != "driver"}
    for place in Path("/proc").iterdir():
        if not place.name.isdigit():
            continue
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(int(place.name)) in groups:
                hard = resource.prlimit(int(place.name), resource.RLIMIT_FSIZE)[1]
                resource.prlimit(int(place.name), resource.RLIMIT_FSIZE, (size, hard))


@contextlib.contextmanager
def disk(folder: Path) -> Iterator[Disk]:
    made = Disk(folder)
    try:
        yield made
    finally:
        made.close()


REFUSE = """
CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$
"""


class FullServer:
    """PostgreSQL's own answer of a full disk (53100) to whatever would store a row, until it is freed."""

    def __init__(self, database: Database) -> None:
        self.url = database.url

    def fill(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(REFUSE)
            for table in self._tables(connection):
                connection.execute(
                    sql.SQL(
                        "CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION no_room()"
                    ).format(sql.Identifier(table))
                )

    def free(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for table in self._tables(connection):
                connection.execute(sql.SQL("DROP TRIGGER IF EXISTS no_room ON {}").format(sql.Identifier(table)))

    @staticmethod
    def _tables(connection: "psycopg.Connection[tuple[str]]") -> list[str]:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        return [row[0] for row in rows.fetchall()]
