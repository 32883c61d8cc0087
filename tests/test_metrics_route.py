"""GET /metrics of the whole app, on scripted engines: what is counted, and nobody is named."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from app.auth import commands
from app.auth.accounts import Accounts
from app.chat import Chat
from app.conversations import Conversations
from app.database import Database
from app.inference.types import SamplingParams
from app.main import create_app
from tests.scripted import Engines, MakeService, SettingsFactory, until
from tests.web import PASSWORD, client_for, signed_in

pytestmark = pytest.mark.anyio

CANARY = "zephyrine"


class App:
    """A running app, an account named like the canary, and its key."""

    def __init__(self, app: ASGIApp, url: str) -> None:
        self.app = app
        database = Database(url)
        commands.add(database, CANARY, PASSWORD)
        self.key = commands.make_api_key(database, CANARY).plaintext
        database.close()

    async def ask(self, **body: Any) -> httpx.Response:
        said = [{"role": role, "content": f"{CANARY} said so"} for role in ("system", "user")]
        body = {"model": "first", "messages": said, "max_tokens": 5, "user": CANARY, **body}
        headers = {"Authorization": f"Bearer {self.key}"}
        async with client_for(self.app) as client:
            return await client.post("/v1/chat/completions", json=body, headers=headers)

    async def scrape(self) -> list[str]:
        async with client_for(self.app) as client:
            answer = await client.get("/metrics", headers={"Authorization": "Bearer measure"})
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        return answer.text.splitlines()


@contextlib.asynccontextmanager
async def running(
    settings: SettingsFactory, engines: Engines, database: Path
) -> AsyncIterator[App]:
    url = f"sqlite:///{database}"
    app = create_app(settings(metrics_token="measure", database_url=url), engines)
    inner: Any = app._app
    async with inner.router.lifespan_context(inner):
        await until(lambda: engines.made and engines.last.alive)
        yield App(app, url)


async def test_two_apps_count_each_its_own_and_name_nobody(
    scripted_settings: SettingsFactory, engines: Engines, tmp_path: Path
) -> None:
    async with (
        running(scripted_settings, engines, tmp_path / "one.db") as one,
        running(scripted_settings, engines, tmp_path / "other.db") as other,
    ):
        for body in ({}, {"stream": True}, {"n": 3}):
            assert (await one.ask(**body)).status_code == 200
        for refused in (
            {"model": CANARY},
            {"messages": [{"role": "user", "content": "a " * 5000}]},
        ):
            assert (await one.ask(**refused)).status_code in (400, 404)
        async with signed_in(one.app, f"{CANARY}2") as person:
            await person.get(f"/chat?{CANARY}=1")
        lines = await one.scrape()
        assert 'vinochat_requests_finished_total{finished_reason="length"} 5.0' in lines
        assert 'vinochat_requests_refused_total{code="context_length_exceeded"} 1.0' in lines
        assert "vinochat_generation_tokens_total 25.0" in lines
        assert not [line for line in lines if CANARY in line.casefold()]
        assert "vinochat_generation_tokens_total 0.0" in await other.scrape()


async def test_a_turn_of_a_chat_counts_and_leaves_no_trace_of_it(
    make_service: MakeService, database: Database, accounts: Accounts
) -> None:
    conversations = Conversations(database)
    user = accounts.users.add(CANARY, PASSWORD)
    room = conversations.create(user.id, "en", f"You are {CANARY}.")
    async with make_service() as inference:
        chat = Chat(conversations, inference)
        turn = chat.reply(user.id, room.id, f"Hello {CANARY}", SamplingParams(max_new_tokens=5))
        assert [event async for event in turn.events()]
        await chat.saved()
        text = inference.metrics.text().decode()
        assert 'vinochat_requests_finished_total{finished_reason="length"} 1.0\n' in text
        for private in (CANARY, user.id, room.id):
            assert private not in text
