"""The built component tree against the contract: what is there, and what must not be."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.config import Settings
from app.database import Database
from app.pages.instruct import EXAMPLES
from app.pages.layout import build_pages, mount
from app.pages.sampling import CHAT, INSTRUCT, SliderSpec
from app.pages.serving import plain
from app.services import Services
from tests.pages.conftest import PASSWORD, services_over
from tests.pages.fakes import FakeInference

PAGES = ("", "chat", "models", "account", "admin")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What every signed-in browser is told, whichever page it asks for; built once."""
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("data"))
    database = Database(settings.resolved_database_url)
    database.upgrade()
    with services_over(database, settings, FakeInference(settings)) as services:
        services.accounts.users.add("grace", PASSWORD)
        config = asyncio.run(_config(services))
    database.close()
    return config


async def _config(services: Services) -> Any:
    """Built where an event loop runs: without one, Gradio opens loops that nobody closes."""
    return build_pages(services).get_config_file()


@pytest.fixture
def tree(config: Any) -> dict[str, list[dict[str, Any]]]:
    """The components of each page."""
    by_id = {component["id"]: component for component in config["components"]}
    return {
        page: [by_id[number] for number in config["page"][page]["components"]]
        for page in config["page"]
    }


def of_type(components: list[dict[str, Any]], kind: str) -> Iterator[dict[str, Any]]:
    return (component["props"] for component in components if component["type"] == kind)


def labels(components: list[dict[str, Any]], kind: str) -> list[str]:
    return [props["label"] for props in of_type(components, kind)]


def buttons(components: list[dict[str, Any]]) -> list[str]:
    return [props["value"] for props in of_type(components, "button")]


def test_the_five_pages(tree: dict[str, Any]) -> None:
    assert tuple(tree) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_its_frame(tree: dict[str, Any], page: str) -> None:
    assert buttons(tree[page]).count("Log out") == 1
    ids = [component["props"].get("elem_id") for component in tree[page]]
    assert {"status", "log-out"} <= set(ids)


def test_instruct(tree: dict[str, Any]) -> None:
    page = tree[""]
    assert labels(page, "textbox") == ["User instruction"]
    assert labels(page, "dropdown") == ["Device"]
    assert {"Submit", "Stop", "Clear", *EXAMPLES} <= set(buttons(page))
    assert len(EXAMPLES) == 10
    ids = {props.get("elem_id"): props for props in of_type(page, "markdown")}
    for name, visible in (("model-response", "Model response"), ("performance", "Performance")):
        assert name in ids
        assert ids[f"{name}-label"]["value"] == visible


def test_chat(tree: dict[str, Any]) -> None:
    page = tree["chat"]
    assert labels(page, "textbox") == ["Message", "System prompt"]
    assert labels(page, "dropdown") == ["Conversation", "Device"]
    assert labels(page, "accordion") == ["Advanced Options"]
    assert {"Submit", "Stop", "Clear", "New chat"} <= set(buttons(page))
    (chatbot,) = of_type(page, "chatbot")
    assert "copy" in chatbot["buttons"]
    assert {delimiters["left"] for delimiters in chatbot["latex_delimiters"]} == {
        "$",
        "$$",
        "\\(",
        "\\[",
    }


@pytest.mark.parametrize(("page", "specs"), [("", INSTRUCT), ("chat", CHAT)])
def test_sliders(tree: dict[str, Any], page: str, specs: tuple[SliderSpec, ...]) -> None:
    sliders = [
        (p["label"], p["minimum"], p["maximum"], p["step"], p["value"], p["info"])
        for p in of_type(tree[page], "slider")
    ]
    assert sliders == [(s.label, s.low, s.high, s.step, s.default, s.explanation) for s in specs]


def test_textboxes_keep_their_exact_labels(tree: dict[str, Any]) -> None:
    for components in tree.values():
        for props in of_type(components, "textbox"):
            assert not props.get("info")
            assert "copy" not in (props.get("buttons") or [])


def test_nothing_that_breaks_the_security_policy_or_hangs_tabs(config: Any) -> None:
    kinds = {component["type"] for component in config["components"]}
    assert not kinds & {"html", "state", "file", "uploadbutton", "multimodaltextbox", "barplot"}
    for dependency in config["dependencies"]:
        assert not dependency["js"]
        assert not any(event == "unload" for _, event in dependency["targets"])


def test_no_handler_takes_the_chatbot_as_history(config: Any) -> None:
    chatbots = {c["id"] for c in config["components"] if c["type"] == "chatbot"}
    for dependency in config["dependencies"]:
        assert not chatbots & set(dependency["inputs"])


def test_no_secret_stands_in_the_tree(config: Any) -> None:
    """Every signed-in user is told the whole tree, the Admin page's included."""
    assert "grace" not in str(config)


@pytest.mark.anyio
async def test_mounted_behind_nothing_it_is_shut(services: Services) -> None:
    """Gradio's own check, in case the gate is ever missing."""
    app, pages = FastAPI(), build_pages(services)
    mount(app, pages)
    assert pages.has_launched
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://vino.example") as client:
        assert (await client.get("/config")).status_code == 401
        script = await client.get("/static/vinochat.js")
        assert script.headers["content-type"].startswith("text/javascript")
        assert '"/logout"' in script.text


@pytest.mark.parametrize("name", ["www.evil.example", "http://evil.example", "a@evil.example"])
def test_a_name_becomes_no_link(name: str) -> None:
    """Markdown makes links of bare addresses; a backslash before the mark prevents it."""
    assert "\\" in plain(name)
