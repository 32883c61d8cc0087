"""The pages' collaborators: real accounts and conversations, a fake inference service."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import gradio as gr
import pytest
from fastapi import Request

from app.auth.accounts import Accounts
from app.auth.sessions import CurrentUser
from app.chat import Chat
from app.config import Settings
from app.conversations import Conversations
from app.database import Database
from app.inference.jobs import Jobs
from app.inference.service import InferenceService
from app.pages.chat import ChatPage
from app.pages.instruct import InstructPage
from app.pages.serving import Frame
from app.services import Services
from tests.conversions import FakeConversion
from tests.pages.fakes import FakeInference

PASSWORD = "a quiet harbour at dawn"
As = Callable[..., gr.Request]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path)


@pytest.fixture
def inference(settings: Settings) -> FakeInference:
    return FakeInference(settings)


@contextmanager
def services_over(
    database: Database, settings: Settings, inference: FakeInference
) -> Iterator[Services]:
    accounts = Accounts(database, settings)
    conversations = Conversations(database)
    service = cast(InferenceService, inference)
    chat = Chat(conversations, service)
    jobs = Jobs(settings, FakeConversion())
    yield Services(settings, accounts, conversations, service, chat, jobs)
    accounts.close()


@pytest.fixture
def services(
    settings: Settings, database: Database, inference: FakeInference
) -> Iterator[Services]:
    with services_over(database, settings, inference) as services:
        yield services


@pytest.fixture
def asking(services: Services) -> As:
    """A function that makes a Gradio request of a user; the first one asked for is the admin."""
    known: dict[str, CurrentUser] = {}

    def request(name: str = "ada", tab: str = "tab") -> gr.Request:
        if name not in known:
            account = services.accounts.users.add(name, PASSWORD)
            token = services.accounts.sessions.create(account.id, "127.0.0.1", "Firefox/1 (Linux)")
            user = services.accounts.sessions.resolve(token)
            assert user is not None
            known[name] = user
        return request_of(known[name], tab)

    return request


async def through_gradio(page: InstructPage | ChatPage, handler: str, request: gr.Request) -> None:
    """Call a handler without inputs as Gradio does: on the loop or a worker thread, by its kind."""
    with gr.Blocks() as blocks:
        page.build(Frame(blocks, gr.Markdown()))
    (function,) = (function for function in blocks.fns.values() if function.name == handler)
    await blocks.call_function(function, [], requests=request)


def request_of(user: CurrentUser | None, tab: str = "tab") -> gr.Request:
    scope = {"type": "http", "headers": [], "state": {"user": user} if user else {}}
    return gr.Request(request=Request(scope), session_hash=tab)
