"""The API on the real engine with the built-in model, through OpenAI's own client."""

import enum
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonschema
import openai
import pytest
from pydantic import BaseModel

from tests.live.app import PASSWORD, LiveApp

pytestmark = pytest.mark.engine

HELLO: list[Any] = [{"role": "user", "content": "What is two and three?"}]
HARMLESS = {"type": "object", "properties": {"sum": {"enum": [5, 6]}}, "required": ["sum"]}
HOSTILE: list[Any] = [
    {"type": "nonsense"},
    {"type": "string", "pattern": "(((a*)*)*)*$"},
    {"$ref": "#"},
    {"$ref": "file:///etc/passwd"},
    {"type": "object", "properties": {"x": {"$ref": "#"}}, "required": ["x"]},
    {"type": "array", "items": {"type": "string"}, "maxItems": 100_000},
    {"enum": [f"{n:0100}" for n in range(400)]},
    {"const": '" | root\n::='},
]


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Fruit(BaseModel):
    """What a program wants to know of a fruit."""

    colour: Colour
    ripe: bool
    weight: int | None


@pytest.fixture(scope="module")
def client(app: LiveApp) -> Iterator[openai.OpenAI]:
    app.wait_until_ready()
    app.command("users", "add", "program", stdin=f"{PASSWORD}\n")
    key = app.command("users", "api-key", "program", "--key-name", "tests").stdout.split()[-1]
    with openai.OpenAI(base_url=f"{app.url}/v1", api_key=key, max_retries=0) as client:
        yield client


def schema_format(schema: object) -> Any:
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}


def test_a_pydantic_model_is_filled_in(client: openai.OpenAI) -> None:
    for seed in range(3):
        answer = client.chat.completions.parse(
            model="built-in", messages=HELLO, response_format=Fruit, seed=seed, max_tokens=200
        )
        assert isinstance(answer.choices[0].message.parsed, Fruit)


def test_a_streamed_answer_obeys_its_schema(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="built-in", messages=HELLO, stream=True, response_format=schema_format(HARMLESS)
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    jsonschema.validate(json.loads(text), HARMLESS)


def test_hostile_schemas_disturb_nobody(client: openai.OpenAI) -> None:
    def innocent(_: int) -> str:
        stream = client.chat.completions.create(
            model="built-in", messages=HELLO, stream=True, temperature=0, max_tokens=120
        )
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream)

    def attack(schema: Any) -> int:
        try:
            client.chat.completions.create(
                model="built-in",
                messages=HELLO,
                max_tokens=20,
                response_format=schema_format(schema),
            )
        except openai.APIStatusError as error:
            return error.status_code
        return 200

    alone = innocent(0)
    with ThreadPoolExecutor(16) as pool:
        readers = pool.map(innocent, range(4))
        answers = list(pool.map(attack, HOSTILE))
        assert set(readers) == {alone}
    assert {200, 400} == {*answers}
    assert innocent(0) == alone


def test_choices_differ_and_tell_their_log_probabilities(client: openai.OpenAI) -> None:
    how: dict[str, Any] = {"model": "built-in", "messages": HELLO, "n": 3, "max_tokens": 30}
    answer = client.chat.completions.create(**how, seed=4, temperature=1.5, logprobs=True)
    texts = [choice.message.content or "" for choice in answer.choices]
    assert len({*texts}) == 3
    for choice in answer.choices:
        assert choice.logprobs is not None
        tokens = choice.logprobs.content or []
        assert all(token.logprob <= 0 for token in tokens)
        assert (
            "".join(token.token for token in tokens).strip()
            == (choice.message.content or "").strip()
        )


def test_a_seed_repeats_a_completion_that_is_alone(client: openai.OpenAI) -> None:
    """Beside others the last digits of a step depend on who shares it, and a draw may tip over."""
    how: dict[str, Any] = {"model": "built-in", "messages": HELLO, "seed": 4, "temperature": 1.5}
    answers = [
        client.chat.completions.create(**how, max_tokens=30, logprobs=told)
        for told in (True, False, False)
    ]
    assert len({answer.choices[0].message.content for answer in answers}) == 1


def test_a_text_goes_on(client: openai.OpenAI) -> None:
    one = client.completions.create(model="built-in", prompt="One, two,", temperature=0, echo=True)
    assert one.choices[0].text.startswith("One, two,")
    ids = client.completions.create(model="built-in", prompt=[5, 6, 7], temperature=0, n=2)
    assert ids.choices[0].text == ids.choices[1].text
    with pytest.raises(openai.BadRequestError, match="outside the model's vocabulary"):
        client.completions.create(model="built-in", prompt=[10**6])
