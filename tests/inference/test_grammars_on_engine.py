"""Grammars and log probabilities on the real engine: what is written obeys; nobody is harmed."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import InvalidParameter
from app.inference.ebnf import ANY_OBJECT
from app.inference.engines.protocol import Engine
from app.inference.json_grammar import grammar_of
from app.inference.prompt import PromptBuilder
from app.inference.types import Message
from tests.inference.driving import PROMPT, Log, ask, complete, make, run, steps
from tests.inference.test_json_grammar import nested

pytestmark = pytest.mark.engine

PERSON = {
    "type": "object",
    "properties": {
        "age": {"type": "integer", "minimum": 0, "maximum": 120},
        "kind": {"enum": ['a "quoted" one', "é\\中", None, 2.5]},
        "nick": {"type": ["string", "null"], "minLength": 1},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "required": ["age", "kind"],
    "additionalProperties": False,
}
LIST = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer", "exclusiveMinimum": -10, "maximum": 9},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["value", "next"],
        }
    },
}
SCHEMAS: list[dict[str, Any]] = [
    PERSON,
    LIST,
    {"type": "number", "exclusiveMinimum": -2.5, "exclusiveMaximum": 3},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": "number", "exclusiveMinimum": -1, "exclusiveMaximum": 0},
    {"type": "number"},
    {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 4},
    {"type": "array", "prefixItems": [{"type": "integer"}, {"const": {"a": [1]}}], "minItems": 2},
    {"type": "object", "properties": {"a": {"type": "boolean"}, "b": {}, "c": {"const": 1}}},
    {"type": "array", "maxItems": 0},
]


@pytest.fixture(scope="module")
def loaded(built_in_model: Path) -> Iterator[tuple[Engine, PromptBuilder]]:
    engine = make(built_in_model, "genai")
    yield engine, PromptBuilder.load(built_in_model)
    engine.close()


@pytest.fixture
def engine(loaded: tuple[Engine, PromptBuilder]) -> Engine:
    return loaded[0]


@pytest.fixture
def prompts(loaded: tuple[Engine, PromptBuilder]) -> PromptBuilder:
    return loaded[1]


def write(
    engine: Engine, prompts: PromptBuilder, grammar: str, seed: int, said: str = ""
) -> str | None:
    """What a wild model writes under a grammar; None if it came to no end."""
    request_id = ask(
        engine,
        prompts.encode([Message("user", said)]) if said else PROMPT,
        seed=seed,
        grammar=grammar,
        temperature=1.6,
        max_new_tokens=80,
        stop=prompts.stop_token_ids,
    )
    log = Log(run(engine))
    assert log.ends[request_id] in ("stop", "length"), log.errors
    whole = log.ends[request_id] == "stop"
    return prompts.decode(log.tokens.get(request_id, [])) if whole else None


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: json.dumps(schema)[:40])
def test_what_is_written_obeys_the_schema(
    engine: Engine, prompts: PromptBuilder, schema: dict[str, Any]
) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    grammar = grammar_of(schema)
    # Unasked, some weights never come to a list's end.
    said = ("", "Write JSON: value is 1, next is null." if schema is LIST else "")
    written = [write(engine, prompts, grammar, seed, said[seed % 2]) for seed in range(10)]
    whole = [text for text in written if text is not None]
    assert len(whole) > 1
    for text in whole:
        jsonschema.validate(json.loads(text), schema)
        dense = re.sub(r'("(?:[^"\\]|\\.)*")|(?<=[,:]) ', r"\1", text).removeprefix(" ")
        assert dense == json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")) or (
            "." in text or "-0" in text or "\\" in text
        )


def test_any_object_is_an_object(engine: Engine, prompts: PromptBuilder) -> None:
    said = "Make a JSON object with any keys."  # unasked, hardly any comes to its end
    written = [write(engine, prompts, ANY_OBJECT, seed, said) for seed in range(10)]
    whole = [json.loads(text) for text in written if text is not None]
    assert whole
    assert all(isinstance(value, dict) for value in whole)


HOSTILE: list[Any] = [
    {"type": "nonsense"},
    {"type": "string", "pattern": "(((((a*)*)*)*)*)*$"},
    {"type": "string", "pattern": "(?<=a)b["},
    {"$ref": "#"},
    {"$ref": "https://example.com"},
    {"type": "object", "properties": {"x": {"$ref": "#"}}, "required": ["x"]},
    {"anyOf": [{"$ref": "#/anyOf/1"}, {"$ref": "#/anyOf/0"}]},
    {"const": '" | root | "'},
    {"const": "\\x00\\u{110000}\\"},
    {"const": "\u0000\u007f\u2028\ufeff"},
    {"enum": ["", " ", "\n", "]", "[a-", "::=", "# no comment"]},
    {"type": "object", "properties": {'"': {}, "\\": {}, "\n": {}, "": {}, "root ::= x": {}}},
    {"type": "array", "maxItems": 64},
    {"type": "integer", "minimum": -(10**400), "maximum": 10**400},
    {"type": "number", "minimum": 1e308},
    {"properties": {f"p{i}": {"type": "string"} for i in range(60)}},
    {"enum": ["x" * 150 + str(i) for i in range(50)]},
    nested(30),
    nested(3000),
]


def test_no_schema_harms_those_who_run_beside_it(engine: Engine, prompts: PromptBuilder) -> None:
    alone = complete(engine, max_new_tokens=150)
    innocent = ask(engine, max_new_tokens=150)
    log = steps(engine, 3)
    asked: list[int] = []
    for schema in HOSTILE:
        try:
            grammar = grammar_of(schema)
        except InvalidParameter:
            continue
        asked.append(
            ask(engine, grammar=grammar, max_new_tokens=5, stop=prompts.stop_token_ids, seed=3)
        )
        for event in engine.step():
            log.add(event)
    for event in run(engine):
        log.add(event)
    assert len(asked) > 8
    assert {log.ends[request_id] for request_id in asked} <= {"stop", "length"}
    assert log.tokens[innocent] == alone


COSTLY: list[Any] = [
    {"type": "array", "items": {"type": "string"}, "maxItems": 64},
    {"properties": {f"p{n}": {"type": "string", "minLength": 1} for n in range(90)}},
    {"anyOf": [{"properties": {"x" * 190: {"const": n}}} for n in range(32)]},
    {"enum": ["x" * 190 + str(n) for n in range(900)]},
]


@pytest.mark.parametrize("schema", COSTLY, ids=lambda schema: json.dumps(schema)[:30])
def test_the_costliest_schemas_hold_nobody_up_for_long(
    engine: Engine, prompts: PromptBuilder, schema: Any
) -> None:
    """Tenths of a second each; without the bounds on schemas, some take a minute."""
    complete(engine)
    started = time.monotonic()
    ask(engine, grammar=grammar_of(schema), max_new_tokens=1, stop=prompts.stop_token_ids)
    assert all(event.finish_reason != "error" for event in run(engine))
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("grammar", ["root ::= nowhere", "root ::= [", "no grammar"])
def test_a_grammar_that_breaks_the_engine_all_the_same_ends_alone(
    engine: Engine, prompts: PromptBuilder, grammar: str
) -> None:
    """The second line of defence: such a grammar makes every step of the pipeline fail."""
    alone = complete(engine, max_new_tokens=60)
    innocent = ask(engine, max_new_tokens=60)
    log = steps(engine, 3)
    broken = ask(engine, grammar=grammar, stop=prompts.stop_token_ids)
    for event in run(engine):
        log.add(event)
    assert log.ends == {innocent: "length", broken: "error"}
    assert log.tokens[innocent] == alone


def test_one_that_obeys_a_grammar_does_not_begin_again_in_the_middle(
    engine: Engine, prompts: PromptBuilder
) -> None:
    held = ask(engine, grammar=grammar_of(nested(5)), max_new_tokens=200, stop=(2,))
    log = steps(engine, 4)
    assert log.tokens[held]
    broken = ask(engine, grammar="root ::= nowhere", stop=prompts.stop_token_ids)
    for event in run(engine):
        log.add(event)
    assert log.ends == {held: "error", broken: "error"}
    assert "Ask again" in log.errors[held]


VALUES = st.one_of(
    st.text(max_size=8), st.integers(-1000, 1000), st.booleans(), st.none(), st.floats(-9, 9)
)
LEAVES = st.one_of(
    st.just({"type": "string"}),
    st.just({"type": "boolean"}),
    st.builds(lambda values: {"enum": values}, st.lists(VALUES, min_size=1, max_size=4)),
    st.builds(
        lambda low, size: {"type": "integer", "minimum": low, "maximum": low + size},
        st.integers(-(10**6), 10**6),
        st.integers(0, 10**6),
    ),
)
MADE_UP = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda properties, required: {
                "type": "object",
                "properties": properties,
                "required": [name for name in properties if name in required],
            },
            st.dictionaries(st.text(max_size=6), inner, max_size=4),
            st.sets(st.text(max_size=2)),
        ),
        st.builds(lambda items: {"type": "array", "items": items, "maxItems": 2}, inner),
        st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(schema=MADE_UP, seed=st.integers(0, 100))
def test_made_up_schemas_are_obeyed(
    engine: Engine, prompts: PromptBuilder, schema: dict[str, Any], seed: int
) -> None:
    try:
        grammar = grammar_of(schema)
    except InvalidParameter:
        return  # too large
    text = write(engine, prompts, grammar, seed)
    if text is not None:
        jsonschema.validate(json.loads(text), schema)


def test_a_folder_without_its_own_tokenizer_has_no_grammars(
    engine: Engine, built_in_model: Path, tmp_path: Path
) -> None:
    assert engine.info.has_grammars
    bare = Path(shutil.copytree(built_in_model, tmp_path / "bare"))
    for file in bare.glob("openvino_*tokenizer.*"):
        file.unlink()
    other = make(bare, "genai")
    assert not other.info.has_grammars
    assert complete(other) == complete(engine)
    other.close()


def test_log_probabilities_are_those_of_the_model(engine: Engine) -> None:
    """The greedy token's is the highest; what temperature does to the choice does not change it."""
    by_token: dict[int, float] = {}
    for seed in range(30):
        request_id = ask(engine, seed=seed, temperature=3.0, max_new_tokens=1, logprobs=True)
        (event,) = [event for event in run(engine) if event.token_ids]
        (token,), (logprob,) = event.token_ids, event.logprobs
        assert logprob < 0
        assert by_token.setdefault(token, logprob) == pytest.approx(logprob, abs=1e-3)
        assert event.request_id == request_id
    ask(engine, logprobs=True, max_new_tokens=1)
    (event,) = [event for event in run(engine) if event.token_ids]
    assert len(by_token) > 3
    assert event.logprobs[0] >= max(by_token.values()) - 1e-3


def test_there_are_none_unless_asked_for(engine: Engine) -> None:
    silent = ask(engine)
    telling = ask(engine, logprobs=True, stop=(10_000,))
    events = list(run(engine))
    assert not any(event.logprobs for event in events if event.request_id == silent)
    told = [event for event in events if event.request_id == telling]
    assert all(len(event.logprobs) == len(event.token_ids) for event in told)
    assert sum(len(event.logprobs) for event in told) == 20
