"""A model that thinks before it answers, in a real browser, on scripted engines."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import cast

import pytest
from playwright.sync_api import expect
from tokenizers import Tokenizer

from app.inference.types import EngineRequest
from tests.fakes import FakeEngine
from tests.live.app import LiveApp
from tests.live.conftest import Visitor, VisitorFactory
from tests.scripted import Engines, script
from tests.served import serve

pytestmark = pytest.mark.browser

BEGUN = "<think>\nTwo, **then** two more."
ENDED = " So it is certain.\n</think>\n\nTwo and two is four."
seen = Event()  # until it is set, the model goes on thinking
seen.set()


class Served:
    """What a visitor needs to know of a running app."""

    def __init__(self, url: str) -> None:
        self.url = url


def think(engine: FakeEngine) -> None:
    """Bytes are the tokens of the scripted models: some 80 of them, at reading speed."""
    tokenizer = Tokenizer.from_file(str(Path(engine.spec.model_dir) / "tokenizer.json"))
    begun, pause, ended = (
        tokenizer.encode(text, add_special_tokens=False).ids for text in (BEGUN, " ", ENDED)
    )

    def say(request: EngineRequest) -> Iterator[int]:
        yield from begun
        while not seen.is_set():
            yield from pause
        yield from [*ended, *request.stop_token_ids]

    engine.script, engine.token_s = say, 0.05


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApp]:
    engines, data_dir = Engines(), tmp_path_factory.mktemp("thinking")
    engines.prepare = think
    with pytest.MonkeyPatch.context() as monkeypatch:
        settings = script(data_dir, monkeypatch)()
        recommended = {"temperature": 0.6, "top_p": 0.95, "top_k": 20}
        folder = settings.models_dir / "first" / "int8"
        (folder / "generation_config.json").write_text(json.dumps(recommended))
        with serve(settings, engines) as url:
            yield cast(LiveApp, Served(url))


@pytest.fixture
def visitor(app: LiveApp, visitors: VisitorFactory) -> Visitor:
    return visitors.signed_in(app)


@pytest.mark.parametrize("slowdown", [1, 8])
def test_instruct_folds_the_reasoning_when_the_answer_begins(
    visitor: Visitor, slowdown: int
) -> None:
    page = visitor.page
    throttle = {"rate": slowdown}
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", throttle)
    fold = page.get_by_role("button", name="Reasoning")
    page.get_by_label("Max New Tokens").first.fill("1000")  # a slow browser needs its time
    page.get_by_label("User instruction").fill("Two and two?")
    seen.clear()
    try:
        visitor.click("Submit")
        expect(page.locator("#reasoning strong")).to_have_text("then")
    finally:
        seen.set()
    response = page.get_by_role("region", name="Model response")
    expect(response).to_contain_text("Two and two is four.")
    expect(page.get_by_role("status", name="Performance")).to_contain_text("tokens/s")
    expect(page.locator("#reasoning")).to_be_hidden()
    assert "think" not in response.inner_text()
    fold.click()
    expect(page.locator("#reasoning")).to_contain_text("So it is certain.")
    visitor.click("Clear")
    expect(fold).to_be_hidden()
    assert visitor.trouble == []


def test_chat_folds_it_too_and_a_reload_keeps_it(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/chat")
    page.get_by_label("Message", exact=True).fill("Two and two?")
    visitor.click("Submit")
    conversation = page.get_by_role("log")
    expect(conversation).to_contain_text("So it is")
    expect(conversation).to_contain_text("tokens/s")
    for _ in range(2):
        expect(conversation).to_contain_text("Two and two is four.")
        expect(page.get_by_text("So it is certain.")).to_be_hidden()
        page.get_by_role("button", name="Reasoning").click()
        expect(page.get_by_text("So it is certain.")).to_be_visible()
        page.reload()
    assert visitor.trouble == []


def test_what_a_person_types_is_no_reasoning(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/chat")
    typed = "<think>No.</think><details><summary>Reasoning</summary>No.</details> List<int>"
    page.get_by_label("Message", exact=True).fill(typed)
    visitor.click("Submit")
    expect(page.get_by_test_id("user")).to_have_text(typed)
    expect(page.get_by_role("log")).to_contain_text("tokens/s")
    assert page.get_by_role("button", name="Reasoning").count() == 1


def test_the_models_settings_move_the_sliders(visitor: Visitor) -> None:
    page = visitor.page
    visitor.click("Use the model's settings")
    for label, value in (("Temperature", "0.6"), ("Top-k", "20"), ("Max New Tokens", "256")):
        expect(page.get_by_label(label).first).to_have_value(value)
