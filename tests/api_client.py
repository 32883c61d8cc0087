"""The whole app on scripted engines, with a client of its /v1: fixtures to be imported."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from app.auth import commands
from app.database import Database
from tests.fakes import FakeEngine
from tests.scripted import Engines, script
from tests.served import PASSWORD, serve, wait_for

HELLO: list[Any] = [{"role": "user", "content": "Hello"}]


class Api:
    """A served app with one account and its key."""

    def __init__(self, url: str, data_dir: Path) -> None:
        database = Database(f"sqlite:///{data_dir / 'vinochat.db'}")
        commands.add(database, "ada", PASSWORD)
        self.key = commands.make_api_key(database, "ada").plaintext
        database.close()
        self.url, self.data_dir = url, data_dir
        self.client = openai.OpenAI(base_url=f"{url}/v1", api_key=self.key, max_retries=0)

    def post(
        self, body: object, key: str | None = None, path: str = "chat/completions"
    ) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        url = f"{self.url}/v1/{path}"
        return httpx.post(url, content=content, headers=headers, timeout=60)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, Engines]]:
    """One app for all tests here: building its pages takes seconds."""
    data_dir, engines = tmp_path_factory.mktemp("data"), Engines()
    with pytest.MonkeyPatch.context() as monkeypatch:
        settings = script(data_dir, monkeypatch)(metrics_token="measure")
        with serve(settings, engines) as url:
            yield Api(url, data_dir), engines


@pytest.fixture
def engines(served: tuple[Api, Engines]) -> Engines:
    return served[1]


@pytest.fixture
def api(served: tuple[Api, Engines], engines: Engines) -> Api:
    """The app with its engine quick again, and back if the last test ended it."""
    api, _ = served
    wait_for(lambda: httpx.get(f"{api.url}/readyz").status_code == 200)
    engines.prepare = lambda engine: None
    engines.last.token_s = 0.0
    engines.last.fails_on = lambda request: None
    engines.last.requests.clear()
    engines.last.cancelled.clear()
    return api


def slow(engine: FakeEngine) -> None:
    engine.token_s = 0.01
