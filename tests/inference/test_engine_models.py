"""Real architectures with habits of their own, in the engine that serves them.

Small random checkpoints, converted as the ready-made repositories are.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.inference import model_config
from app.inference.catalogue import entry
from app.inference.engines.protocol import Engine
from app.inference.prompt import PromptBuilder
from app.inference.types import Message
from tests.checkpoints import make as make_checkpoints
from tests.checkpoints import make_ready
from tests.inference.driving import Log, ask, complete, make, run, steps

pytestmark = pytest.mark.engine

TALK = (
    Message("system", "Be brief."),
    Message("user", "Hello there."),
    Message("assistant", "Hi, who are you?"),
    Message("user", "I am Ada."),
)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_checkpoints(tmp_path_factory.mktemp("checkpoints"), "blenderbot", "mpt")


@pytest.fixture(scope="module")
def blenderbot_dir(checkpoints: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "int8"
    return make_ready(checkpoints["blenderbot"], folder, "int8")


@pytest.fixture(scope="module")
def blenderbot(blenderbot_dir: Path) -> Iterator[Engine]:
    engine = make(blenderbot_dir, "optimum")
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def prompt(blenderbot_dir: Path) -> tuple[int, ...]:
    """A short conversation as the catalogue has this model spoken to."""
    known = entry("blenderbot-400m-distill")
    assert known is not None
    return PromptBuilder.load(blenderbot_dir, known.prompt).encode(TALK)


def test_blenderbot_reads_and_writes_128_tokens(blenderbot: Engine) -> None:
    assert blenderbot.info.longest_prompt == 128
    assert blenderbot.info.room_after(128) == 128
    assert len(complete(blenderbot, prompt=(7,) * 128, max_new_tokens=128)) == 128


def test_blenderbot_streams_token_by_token(blenderbot: Engine, prompt: tuple[int, ...]) -> None:
    request_id = ask(blenderbot, prompt=prompt, max_new_tokens=60)
    events = [event for event in run(blenderbot) if event.token_ids]
    assert len(events) > 5
    assert len(Log(events).tokens[request_id]) == 60


def test_blenderbot_can_be_stopped_and_the_next_one_runs(
    blenderbot: Engine, prompt: tuple[int, ...]
) -> None:
    first, second = ask(blenderbot, prompt=prompt, max_new_tokens=128), ask(blenderbot)
    log = steps(blenderbot, 2)
    assert second not in log.tokens  # one at a time
    blenderbot.cancel(first)
    for event in run(blenderbot):
        log.add(event)
    assert log.ends == {first: "cancelled", second: "length"}


def test_blenderbot_begins_as_it_was_trained_to(
    blenderbot: Engine, blenderbot_dir: Path, tmp_path: Path
) -> None:
    """A forced first token is part of the language of some encoder-decoder models."""
    folder = shutil.copytree(blenderbot_dir, tmp_path / "forced")
    _edit(folder / "generation_config.json", forced_bos_token_id=77)
    forced = make(folder, "optimum")
    assert complete(forced, max_new_tokens=3)[0] == 77
    assert complete(blenderbot, max_new_tokens=3)[0] != 77
    forced.close()


def test_the_makers_rule_against_parroting_holds_with_a_penalty(
    blenderbot_dir: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(blenderbot_dir, tmp_path / "strict")
    _edit(folder / "generation_config.json", no_repeat_ngram_size=1, encoder_no_repeat_ngram_size=1)
    engine = make(folder, "optimum")
    prompt = tuple(range(10, 110))
    free = complete(engine, prompt=prompt, max_new_tokens=60)
    strict = complete(engine, prompt=prompt, max_new_tokens=60, repetition_penalty=1.1)
    engine.close()
    assert len(set(free)) < 60
    assert len(set(strict)) == 60
    assert not set(strict) & set(prompt)


def test_mpt_runs_in_the_engine_that_gets_it_right(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    folder = make_ready(checkpoints["mpt"], tmp_path / "int8", "int8")
    config = model_config.read(folder)
    assert model_config.engine_kind_for(config) == "optimum"
    engine = make(folder, "optimum")
    assert engine.info.context_length == 2048
    assert len(complete(engine, max_new_tokens=64)) == 64
    engine.close()


@pytest.mark.parametrize("kind", ["genai", "optimum"])
def test_a_model_of_unknown_make_runs_without_its_makers_code(
    tiny_model: Path, tmp_path: Path, kind: str
) -> None:
    """As converted by older libraries: no tokenizer that we know, and code that must not run."""
    folder = tmp_path / "int8"
    folder.mkdir()
    for file in tiny_model.glob("openvino_model.*"):
        shutil.copy(file, folder)
    shutil.copy(tiny_model / "config.json", folder)
    marker = tmp_path / "it-ran"
    for name in ("configuration_made_up", "modeling_made_up", "tokenization_made_up"):
        (folder / f"{name}.py").write_text(f"open({str(marker)!r}, 'w').write('x')\n")
    _edit(
        folder / "config.json",
        model_type="made_up",
        architectures=["MadeUpForCausalLM"],
        auto_map={
            "AutoConfig": "configuration_made_up.MadeUpConfig",
            "AutoModelForCausalLM": "modeling_made_up.MadeUpForCausalLM",
        },
    )
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"auto_map": {"AutoTokenizer": ["tokenization_made_up.MadeUp", None]}})
    )
    engine, known = make(folder, kind), make(tiny_model, kind)
    assert complete(engine) == complete(known)
    assert complete(engine, temperature=1.0, repetition_penalty=1.2)
    engine.close()
    known.close()
    assert not marker.exists()


def _edit(path: Path, **values: object) -> None:
    content = json.loads(path.read_text()) | values
    path.write_text(json.dumps(content))
