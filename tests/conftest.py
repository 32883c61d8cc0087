"""Fixtures that every test may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database import Database


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
