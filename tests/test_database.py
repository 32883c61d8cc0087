"""Transactions, pragmas, files and migrations."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, inspect, select, text

from app.database import Database
from app.errors import DatabaseTooNew
from app.tables import Row, User


def _add_user(database: Database, name: str) -> None:
    with database.begin() as db:
        db.add(
            User(username=name, username_key=name, password_hash="", role="user", status="active")
        )


def _names(database: Database) -> set[str]:
    with database.read() as db:
        return set(db.scalars(select(User.username)))


def test_every_connection_gets_the_pragmas(database: Database) -> None:
    with database.connect() as first, database.connect() as second:
        for connection in (first, second):
            values = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
            }
            assert values["journal_mode"] == "wal"
            assert values["foreign_keys"] == 1
            assert values["busy_timeout"] >= 5000
            assert values["synchronous"] == 2


def test_files_belong_to_their_owner_alone(database: Database, tmp_path: Path) -> None:
    _add_user(database, "ada")
    folder = tmp_path / "data"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert set(modes) >= {"vinochat.db", "vinochat.db-wal"}
    assert set(modes.values()) == {0o600}


def test_an_exception_rolls_back(database: Database) -> None:
    def fail() -> None:
        with database.begin() as db:
            db.add(
                User(username="x", username_key="x", password_hash="", role="user", status="active")
            )
            db.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _names(database) == set()


def test_a_write_locks_from_its_start(database: Database, tmp_path: Path) -> None:
    """Two processes that count and then insert cannot both see zero."""
    other_process = Database(f"sqlite:///{tmp_path / 'data' / 'vinochat.db'}")
    seen: list[int] = []
    together = threading.Barrier(2)

    def count_then_insert(target: Database, name: str) -> None:
        together.wait()
        with target.begin() as db:
            seen.append(db.scalar(select(func.count()).select_from(User)) or 0)
            db.add(
                User(
                    username=name, username_key=name, password_hash="", role="user", status="active"
                )
            )

    threads = [
        threading.Thread(target=count_then_insert, args=(target, name))
        for target, name in ((database, "a"), (other_process, "b"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other_process.close()
    assert sorted(seen) == [0, 1]


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.begin() as db:
        db.add(User(username="x", username_key="x", password_hash="", role="user", status="active"))
        db.flush()
        assert _names(database) == set()


def test_migrations_up_down_up_keep_working(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    database.upgrade()
    _add_user(database, "ada")
    database.downgrade("base")
    with database.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    database.upgrade()
    database.upgrade()
    _add_user(database, "ada")
    assert _names(database) == {"ada"}
    database.close()


def test_tables_and_migrations_agree(database: Database) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []


def test_a_newer_database_is_refused(database: Database) -> None:
    with database.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="9999"):
        database.upgrade()
    with database.read() as db:
        assert db.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_new_file_that_many_open_at_once_is_open_to_all(tmp_path: Path) -> None:
    """Changing a new file's journal mode does not wait for a lock by itself."""
    for number in range(20):
        databases = [Database(f"sqlite:///{tmp_path / f'{number}.db'}") for _ in range(8)]
        at_once = threading.Barrier(len(databases))

        def opened(database: Database, at_once: threading.Barrier = at_once) -> None:
            at_once.wait()
            database.connect().close()

        with ThreadPoolExecutor(len(databases)) as threads:
            list(threads.map(opened, databases))
        for database in databases:
            database.close()


def test_two_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    databases = [Database(url) for _ in range(2)]
    failures: list[BaseException] = []

    def upgrade(database: Database) -> None:
        try:
            database.upgrade()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=upgrade, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    _add_user(databases[0], "ada")
    assert _names(databases[1]) == {"ada"}
    for database in databases:
        database.close()
