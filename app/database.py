"""The database: connections, transactions and migrations; no queries and no rules.

Everything here is synchronous and is called from threads. A write takes its lock at the start
(BEGIN IMMEDIATE), so that "count, then insert" cannot race, and nothing ever upgrades a read.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from app.errors import DatabaseTooNew, RetryLater

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
WRITE_LOCK_TIMEOUT_S = 20.0
_BUSY_S = 10  # how long a connection waits for another one to finish writing
_POSTGRES_WRITE_LOCK = 0x56696E6F
"""The advisory lock that makes writes to PostgreSQL queue up as they do in SQLite."""


class Database:
    """One database, shared by all threads of the process."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._is_sqlite = self._url.get_backend_name() == "sqlite"
        if self._is_sqlite and self._url.database:
            _create_private_file(Path(self._url.database))
        self._engine = self._create_engine()
        writer = self._engine.execution_options(vinochat_write=True)
        self._readers = sessionmaker(self._engine, expire_on_commit=False)
        self._writers = sessionmaker(writer, expire_on_commit=False)
        # One writer at a time in this process: threads queue fairly instead of polling the file,
        # and SQLite before 3.51.3 can lose the WAL when two connections checkpoint at once.
        self._write_lock = threading.Lock()

    @contextlib.contextmanager
    def begin(self) -> Iterator[Session]:
        """A transaction that may write; commits at the end, rolls back on any exception."""
        if not self._write_lock.acquire(timeout=WRITE_LOCK_TIMEOUT_S):
            raise RetryLater("The database is busy. Try again in a moment.")
        try:
            with _busy_is_retry(), self._writers.begin() as db:
                yield db
        finally:
            self._write_lock.release()

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads: a steady view that waits for nobody."""
        with _busy_is_retry(), self._readers() as db:
            yield db

    def upgrade(self, revision: str = "head") -> None:
        """Apply the migrations that are missing; refuse a database newer than this code."""
        with self._migration() as config:
            command.upgrade(config, revision)

    def downgrade(self, revision: str) -> None:
        with self._migration() as config:
            command.downgrade(config, revision)

    def connect(self) -> Connection:
        """A bare connection, for backups and for checks of the schema."""
        return self._engine.connect()

    def close(self) -> None:
        self._engine.dispose()

    @contextlib.contextmanager
    def _migration(self) -> Iterator[Config]:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        # The version is read inside the write transaction: two processes that start together
        # migrate one after the other.
        with self.begin() as db:
            connection = db.connection()
            _refuse_newer(config, connection)
            config.attributes["connection"] = connection
            yield config

    def _create_engine(self) -> Engine:
        # hide_parameters: errors are logged, and parameters are messages and password hashes.
        if not self._is_sqlite:
            engine = create_engine(self._url, pool_pre_ping=True, hide_parameters=True)
            event.listen(engine, "begin", _begin_other)
            return engine
        pool = {"pool_size": 8, "max_overflow": 56, "pool_timeout": 10}
        engine = create_engine(self._url, hide_parameters=True, **pool)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine


def storable(text: str) -> str:
    """The text as every database takes it: NUL and half characters become U+FFFD."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")


def _create_private_file(path: Path) -> None:
    """Create folder and file for their owner only; SQLite gives its side files the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling would start writes with a plain BEGIN.
    connection.isolation_level = None
    for pragma in (f"busy_timeout={_BUSY_S * 1000}", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    # Where several open a new file at once, SQLite refuses the change of mode without waiting:
    # each holds what another one needs, so waiting inside SQLite would not end.
    given_up = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > given_up:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("vinochat_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_other(connection: Connection) -> None:
    if connection.get_execution_options().get("vinochat_write", False):
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_WRITE_LOCK}
        )


@contextlib.contextmanager
def _busy_is_retry() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if "locked" not in str(error.orig):
            raise
        raise RetryLater("The database is busy. Try again in a moment.") from error


def _refuse_newer(config: Config, connection: Connection) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseTooNew(
            f"The database is at revision {current}, which this version does not know. "
            "Install the version that wrote it, or restore a backup."
        )
