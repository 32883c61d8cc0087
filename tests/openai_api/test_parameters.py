"""Parameters beyond sampling: log probabilities, formats, what is ignored, what is refused."""

import json
from typing import Any

import httpx
import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api_client import HELLO, Api, api, engines, served
from tests.scripted import Engines

__all__ = ["api", "engines", "served"]

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def schema_format(schema: object) -> Any:
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}


def test_chat_logprobs_in_openais_shape(api: Api) -> None:
    answer = api.client.chat.completions.create(
        model="first", messages=HELLO, max_tokens=6, logprobs=True, top_logprobs=0
    )
    choice = answer.choices[0]
    assert choice.logprobs is not None
    assert choice.logprobs.content is not None
    tokens = choice.logprobs.content
    assert "".join(token.token for token in tokens) == choice.message.content
    assert [token.logprob for token in tokens] == [-n / 100 for n in range(6)]
    assert [bytes(token.bytes or ()).decode() for token in tokens] == [t.token for t in tokens]
    assert all(token.top_logprobs == [] for token in tokens)


def test_a_stream_carries_those_of_its_text(api: Api) -> None:
    stream = api.client.chat.completions.create(
        model="first", messages=HELLO, max_tokens=30, logprobs=True, stream=True
    )
    count = 0
    for chunk in stream:
        choice = chunk.choices[0]
        tokens = (choice.logprobs and choice.logprobs.content) or []
        assert "".join(token.token for token in tokens) == (choice.delta.content or "")
        count += len(tokens)
    assert count == 30


def test_completion_logprobs_in_openais_shape(api: Api) -> None:
    how: dict[str, Any] = {"model": "first", "prompt": "x", "max_tokens": 5}
    whole = api.client.completions.create(**how, logprobs=1).choices[0]
    told = whole.logprobs
    assert told is not None
    assert "".join(told.tokens or ()) == whole.text
    assert told.token_logprobs == [-n / 100 for n in range(5)]
    assert told.text_offset == [0, 1, 2, 3, 4]
    assert told.top_logprobs is not None
    assert [sum(top.values()) for top in told.top_logprobs] == told.token_logprobs
    bare = api.client.completions.create(**how, logprobs=0).choices[0].logprobs
    assert bare is not None
    assert bare.top_logprobs is None
    offsets = [
        offset
        for chunk in api.client.completions.create(**how, logprobs=0, stream=True)
        for offset in (chunk.choices[0].logprobs and chunk.choices[0].logprobs.text_offset) or ()
    ]
    assert offsets == told.text_offset
    assert api.client.completions.create(**how).choices[0].logprobs is None


def test_an_engine_that_knows_none_says_so(api: Api, engines: Engines) -> None:
    current = engines.last
    object.__setattr__(current.info, "has_logprobs", False)
    object.__setattr__(current.info, "has_grammars", False)
    try:
        with pytest.raises(openai.BadRequestError, match="no log probabilities"):
            api.client.chat.completions.create(model="first", messages=HELLO, logprobs=True)
        with pytest.raises(openai.BadRequestError, match="cannot hold a completion to a format"):
            api.client.chat.completions.create(
                model="first", messages=HELLO, response_format={"type": "json_object"}
            )
    finally:
        object.__setattr__(current.info, "has_logprobs", True)
        object.__setattr__(current.info, "has_grammars", True)


def test_a_format_reaches_the_engine_as_a_grammar(api: Api, engines: Engines) -> None:
    for wanted in (schema_format(SCHEMA), {"type": "json_object"}, {"type": "text"}):
        api.client.chat.completions.create(
            model="first", messages=HELLO, max_tokens=1, response_format=wanted
        )
    of_schema, of_object, of_text = (r.params.grammar for r in engines.last.requests)
    assert '"\\"a\\""' in of_schema
    assert of_object.startswith("root ::= space object\n")
    assert of_text == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"top_logprobs": 3, "logprobs": True}, "top_logprobs is wrong: it must be 0"),
        ({"frequency_penalty": 0.5}, "frequency_penalty is wrong: it is not supported"),
        ({"presence_penalty": -1}, "presence_penalty is wrong: it is not supported"),
        ({"logit_bias": {"5": 1}}, "logit_bias is wrong: it is not supported"),
        ({"tools": [{"type": "function"}]}, "tools is wrong: models answer in text here"),
        ({"reasoning_effort": "high"}, "reasoning_effort is not known here. Leave it out"),
        ({"messages": [{"role": "user"}]}, "the message of the user has no content"),
        ({"messages": [{"role": "user", "content": None}]}, "has no content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "must be a text"),
        ({"response_format": {"type": "xml"}}, "response_format is wrong"),
        ({"response_format": {"type": "json_schema"}}, "json_schema is wrong: Field required"),
        ({"response_format": schema_format({"type": "nonsense"})}, "'nonsense'"),
        ({"response_format": schema_format([])}, "valid dictionary"),
        ({"stream": "yes"}, "stream is wrong"),
        ({"n": 0}, "n is wrong"),
    ],
)
def test_what_cannot_be_done_is_refused(api: Api, change: dict[str, Any], message: str) -> None:
    answer = api.post({"model": "first", "messages": HELLO} | change)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


def test_what_clients_send_and_changes_nothing_is_accepted(api: Api) -> None:
    changes = {
        "user": "u",
        "metadata": {"run": "1"},
        "store": False,
        "service_tier": "auto",
        "safety_identifier": "s",
        "prompt_cache_key": "k",
        "parallel_tool_calls": True,
        "frequency_penalty": 0,
        "presence_penalty": 0.0,
        "logit_bias": {},
        "tools": [],
        "tool_choice": None,
        "functions": None,
        "max_tokens": 3,
        "temperature": None,
        "stop": None,
        "n": None,
    }
    reply = {"role": "assistant", "content": None, "refusal": None, "tool_calls": None}
    messages = [*HELLO, reply, {"role": "user", "content": "And?", "name": "ada"}]
    answer = api.post({"model": "first", "messages": messages} | changes)
    assert answer.status_code == 200, answer.text


def test_errors_are_what_the_official_client_knows(api: Api) -> None:
    stranger = api.client.with_options(api_key="vc-wrong")
    with pytest.raises(openai.AuthenticationError) as unknown:
        stranger.models.list()
    assert unknown.value.code == "not_authenticated"
    with pytest.raises(openai.NotFoundError) as nowhere:
        api.client.embeddings.create(model="first", input="x")
    assert "There is no POST /v1/embeddings" in str(nowhere.value)
    assert nowhere.value.type == "invalid_request_error"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_another_method_is_answered_in_openais_shape(api: Api, method: str) -> None:
    headers = {"Authorization": f"Bearer {api.key}"}
    answer = httpx.request(method, f"{api.url}/v1/chat/completions", headers=headers)
    assert answer.status_code == 404
    message = answer.json()["error"]["message"]
    assert message.startswith(f"There is no {method} /v1/chat/completions")
    stranger = httpx.request(method, f"{api.url}/v1/chat/completions")
    assert stranger.status_code == 401


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
SAMPLING = ("temperature", "top_p", "n", "stop", "stream", "seed", "logprobs", "response_format")
NAMES = st.sampled_from([*SAMPLING, "messages", "prompt", "echo", "user"])


@pytest.mark.parametrize("path", ["chat/completions", "completions"])
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.dictionaries(NAMES, JSON, min_size=1, max_size=3))
def test_whatever_is_sent_is_answered_or_refused(
    api: Api, path: str, changes: dict[str, Any]
) -> None:
    start: dict[str, Any] = {"model": "first", "max_tokens": 2}
    start |= {"messages": HELLO} if path == "chat/completions" else {"prompt": "x"}
    answer = api.post(json.dumps(start | changes).encode(), path=path)
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 400:
        assert answer.json()["error"]["message"]
