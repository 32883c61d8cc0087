"""Fixtures that every test may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.auth.accounts import Accounts
from app.config import Settings
from app.database import Database
from tests.scripted import engines, make_service, scripted_settings

__all__ = ["engines", "make_service", "scripted_settings"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated SQLite database."""
    database = Database(f"sqlite:///{tmp_path / 'data' / 'vinochat.db'}")
    database.upgrade()
    yield database
    database.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The defaults, whatever the environment of the tests says."""
    return Settings(_env_file=None, data_dir=tmp_path / "data")


@pytest.fixture
def accounts(database: Database, settings: Settings) -> Iterator[Accounts]:
    accounts = Accounts(database, settings)
    yield accounts
    accounts.close()
