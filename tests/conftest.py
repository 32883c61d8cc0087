"""Fixtures for every test. Gradio takes seconds to import: only those that need it do so."""

import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from app.auth.accounts import Accounts
from app.config import Settings
from app.database import Database
from tests import checkpoints as random_checkpoints
from tests.hub import Hub
from tests.scripted import engines, make_service, scripted_settings
from tests.tiny_models import built_in_model, tiny_checkpoint, tiny_model, tiny_seq2seq_model

__all__ = ["built_in_model", "engines", "make_service", "scripted_settings"]
__all__ += ["tiny_checkpoint", "tiny_model", "tiny_seq2seq_model"]


# A suite that a script started in the background has Ctrl-C ignored, and what it starts would, too.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes many minutes, unless it is asked for by its marker."""
    if "architectures" in config.option.markexpr:
        return
    slow = [item for item in items if item.get_closest_marker("architectures")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


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


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """An empty hub, which child processes use for the real one; this machine's token is hidden."""
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    with Hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small random checkpoint of every family, by name; to read only, or to copy."""
    return random_checkpoints.make(
        tmp_path_factory.mktemp("families"), *random_checkpoints.FAMILIES
    )


@pytest.fixture
async def gated(accounts: Accounts, settings: Settings) -> AsyncIterator[ASGIApp]:
    """The stand-in app of tests/web.py behind the gate, with two Gradio pages."""
    from tests.web import running

    async with running(accounts, settings) as app:
        yield app


@pytest.fixture
async def stranger(gated: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    from tests.web import client_for

    async with client_for(gated) as client:
        yield client


@pytest.fixture
async def admin(gated: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """Ada, who registered first and is logged in."""
    from tests.web import signed_in

    async with signed_in(gated, "ada") as client:
        yield client


@pytest.fixture
async def user(gated: ASGIApp, admin: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """Bob, who registered second and is logged in."""
    from tests.web import signed_in

    async with signed_in(gated, "bob") as client:
        yield client


@pytest.fixture
def bare(accounts: Accounts, settings: Settings) -> ASGIApp:
    """The gate in front of an app that answers 200 to anything: what gets through shows."""
    from app.gate import Gate
    from tests.web import answer_200

    return Gate(answer_200, settings=settings, accounts=accounts)


@pytest.fixture
async def outside(bare: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A stranger at the bare gate."""
    from tests.web import client_for

    async with client_for(bare) as client:
        yield client


@pytest.fixture
async def inside(bare: ASGIApp, accounts: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    """An admin who is logged in at the bare gate."""
    from tests.web import PASSWORD, client_for

    user_id = accounts.users.add("ada", PASSWORD).id
    async with client_for(bare) as client:
        client.cookies["vinochat_session"] = accounts.sessions.create(user_id, "", "")
        yield client
