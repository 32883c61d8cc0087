"""`ask` and `chat` on scripted engines: what goes to standard output, what to standard error."""

import asyncio
import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from app import terminal
from app.config import Settings
from app.errors import EngineUnavailable, InvalidParameter, LoadFailed
from app.inference.catalogue import PromptFormat
from app.inference.service import InferenceService
from app.inference.types import EngineRequest, SamplingParams
from tests.fakes import FakeEngine
from tests.scripted import Engines, SettingsFactory

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parent.parent
RECEIPT = " tokens/s · first token "


@pytest.fixture
def settings(
    scripted_settings: SettingsFactory, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Settings of a terminal whose engines say "One.", then "Two." and so on."""

    def service(settings: Settings) -> InferenceService:
        return InferenceService(settings, engines)

    monkeypatch.setattr(terminal, "InferenceService", service)
    settings = scripted_settings()
    tokenizer = _tokenizer(settings)
    lines = iter(["One.", "Two.", "Three."])

    def speak(request: EngineRequest) -> Iterator[int]:
        ids = tokenizer.encode(next(lines), add_special_tokens=False).ids
        return iter([*ids, request.stop_token_ids[0]])

    engines.prepare = lambda engine: setattr(engine, "script", speak)
    return settings


def _tokenizer(settings: Settings) -> Tokenizer:
    return Tokenizer.from_file(str(settings.models_dir / "first" / "int8" / "tokenizer.json"))


@pytest.fixture
def prompts(settings: Settings, engines: Engines) -> Callable[[], list[str]]:
    """What the engine was asked, as text."""
    tokenizer = _tokenizer(settings)
    return lambda: [
        str(tokenizer.decode(list(request.prompt_ids), skip_special_tokens=False))
        for request in engines.last.requests
    ]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Type these lines, then end the input."""
    return lambda *lines: monkeypatch.setattr(
        "sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines))
    )


async def test_ask_prints_the_completion_alone_and_the_receipt_aside(
    settings: Settings, prompts: Callable[[], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    await terminal.ask(settings, "Count.", "Be brief.", SamplingParams(), as_json=False)
    out, err = capsys.readouterr()
    assert out == "One.\n"
    assert RECEIPT in err.splitlines()[-1]
    (prompt,) = prompts()
    assert "system\nBe brief." in prompt
    assert "user\nCount." in prompt


async def test_ask_streams(
    settings: Settings, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something stands on standard output while the engine still works."""
    pieces: list[str] = []
    prepare = engines.prepare

    def slowly(engine: FakeEngine) -> None:
        prepare(engine)
        engine.token_s = 0.05

    engines.prepare = slowly
    out = io.StringIO()
    monkeypatch.setattr(out, "flush", lambda: pieces.append(out.getvalue()), raising=False)
    monkeypatch.setattr("sys.stdout", out)
    await terminal.ask(settings, "Count.", None, SamplingParams(), as_json=False)
    assert len(set(pieces)) > 2, pieces


async def test_ask_as_json_is_one_document(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await terminal.ask(settings, "Count.", None, SamplingParams(), as_json=True)
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert answer["completion"] == "One."
    assert answer["finish_reason"] == "stop"
    assert answer["receipt"]["model_id"] == "first"
    assert RECEIPT not in err


async def test_reasoning_is_told_apart_from_the_answer(
    settings: Settings, engines: Engines, capsys: pytest.CaptureFixture[str]
) -> None:
    tokenizer, prepare = _tokenizer(settings), engines.prepare
    ids = tokenizer.encode("<think>\nHm.\n</think>\n\nOne.", add_special_tokens=False).ids

    def think(engine: FakeEngine) -> None:
        prepare(engine)
        engine.script = lambda request: iter([*ids, request.stop_token_ids[0]])

    engines.prepare = think
    await terminal.ask(settings, "Count.", None, SamplingParams(), as_json=False)
    out, err = capsys.readouterr()
    assert out == "One.\n"
    assert "\nHm.\n\n" in err
    await terminal.ask(settings, "Count.", None, SamplingParams(), as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert (answer["completion"], answer["reasoning"]) == ("One.", "Hm.")


async def test_ask_is_an_instruction_unless_there_is_a_system_prompt(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, prompts: Callable[[], list[str]]
) -> None:
    told = PromptFormat(instruct_template="### {{ instruction }}")
    monkeypatch.setattr("app.inference.preparation.PromptFormat", lambda: told)
    await terminal.ask(settings, "Count.", None, SamplingParams(), as_json=False)
    assert prompts() == ["### Count."]
    await terminal.ask(settings, "Count.", "Be brief.", SamplingParams(), as_json=False)
    assert "user\nCount." in prompts()[-1]


async def test_ask_refuses_an_empty_instruction_before_anything_loads(
    settings: Settings, engines: Engines
) -> None:
    with pytest.raises(InvalidParameter, match="empty"):
        await terminal.ask(settings, " \n", None, SamplingParams(), as_json=False)
    assert engines.made == []


async def test_a_model_that_does_not_load_ends_it(settings: Settings, engines: Engines) -> None:
    engines.prepare = lambda engine: setattr(engine, "load_error", LoadFailed("No memory."))
    with pytest.raises(EngineUnavailable, match="No memory"):
        await terminal.ask(settings, "Count.", None, SamplingParams(), as_json=False)
    with pytest.raises(EngineUnavailable, match="No memory"):
        await terminal.chat(settings, None, SamplingParams())


async def test_chat_keeps_the_history_until_it_is_told_to_forget(
    settings: Settings,
    say: Callable[..., None],
    prompts: Callable[[], list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    say("first", "", "second", "/new", "third")
    await terminal.chat(settings, "Be brief.", SamplingParams())
    out, err = capsys.readouterr()
    assert out == "One.\nTwo.\nThree.\n"
    assert err.count(RECEIPT) == 3
    alone, after_it, forgotten = prompts()
    assert "One." not in alone
    assert after_it.startswith(alone)
    assert "One." in after_it
    assert "second" in after_it
    assert forgotten == alone.replace("first", "third")


async def test_quit_ends_the_chat(
    settings: Settings, say: Callable[..., None], prompts: Callable[[], list[str]]
) -> None:
    say("first", "/quit", "never")
    await terminal.chat(settings, None, SamplingParams())
    assert len(prompts()) == 1


async def test_a_turn_that_fails_leaves_the_conversation_as_it_was(
    settings: Settings,
    engines: Engines,
    say: Callable[..., None],
    prompts: Callable[[], list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    prepare = engines.prepare

    def fail_the_second(engine: FakeEngine) -> None:
        prepare(engine)
        engine.fails_on = lambda _: "Out of luck." if len(engine.requests) == 2 else None

    engines.prepare = fail_the_second
    # The second message is so long that the first would have to be forgotten for it.
    say("first", "second " * 250, "third")
    await terminal.chat(settings, None, SamplingParams())
    out, err = capsys.readouterr()
    assert "Out of luck." in err
    assert out.split() == ["One.", "Two."]
    _, failed, after_it = prompts()
    assert "first" not in failed
    assert "first" in after_it
    assert "One." in after_it
    assert "second" not in after_it


async def test_a_dead_engine_does_not_end_the_conversation(
    settings: Settings, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message that comes while it restarts is refused; the one after is answered."""
    lines = iter(["first", "while it restarts", "third", None])

    async def type_a_line() -> str | None:
        line = next(lines)
        if line == "while it restarts":
            engines.prepare = lambda engine: setattr(engine, "load_s", 0.3)
            engines.last.die()
            await asyncio.sleep(0.1)
        elif line == "third":
            await asyncio.sleep(0.5)
        return line

    monkeypatch.setattr(terminal, "_read_line", type_a_line)
    await terminal.chat(settings, None, SamplingParams(max_new_tokens=2))
    assert [len(engine.requests) for engine in engines.made] == [1, 1]


async def test_input_that_is_no_text_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n"), "utf-8"))
    with pytest.raises(InvalidParameter, match="cannot be read"):
        await terminal._read_line()


def test_ctrl_c_ends_the_wait_for_a_message_at_once() -> None:
    code = "import asyncio; from app import terminal; asyncio.run(terminal._read_line())"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as waiting:
        assert waiting.stderr
        try:
            assert waiting.stderr.read(2) == b"> "
            waiting.send_signal(signal.SIGINT)
            waiting.wait(10)
        finally:
            waiting.kill()
        assert b"KeyboardInterrupt" in waiting.stderr.read()
