"""/v1 with the official client and with hostile ones, /healthz and /readyz, on scripted engines."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from tokenizers import Tokenizer

from app.auth import commands
from app.auth.api_keys import ApiKeys
from app.database import Database
from tests.api_client import HELLO, Api, api, engines, served, slow
from tests.fakes import FakeEngine
from tests.scripted import Engines
from tests.served import wait_for

__all__ = ["api", "engines", "served"]


def test_a_completion(api: Api) -> None:
    answer = api.client.chat.completions.create(model="first", messages=HELLO, max_tokens=6)
    choice = answer.choices[0]
    assert choice.message.role == "assistant"
    assert choice.message.content
    assert choice.finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 6
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 6


def test_a_stream_is_the_completion_in_pieces(api: Api) -> None:
    whole = api.client.chat.completions.create(model="first", messages=HELLO, max_tokens=40)
    stream = api.client.chat.completions.create(
        model="first",
        messages=HELLO,
        max_tokens=40,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "length"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 40
    assert len({c.id for c in chunks}) == 1


def test_parameters_reach_the_engine(api: Api, engines: Engines) -> None:
    api.client.chat.completions.create(
        model="first",
        messages=[{"role": "developer", "content": "Be brief."}, *HELLO],
        temperature=0.3,
        top_p=0.7,
        max_completion_tokens=9,
        seed=11,
        stop="xyz",
        extra_body={"top_k": 5, "repetition_penalty": 1.2},
    )
    request = engines.last.requests[-1]
    params = request.params
    assert (params.temperature, params.top_p, params.top_k) == (0.3, 0.7, 5)
    assert (params.repetition_penalty, params.max_new_tokens, request.seed) == (1.2, 9, 11)
    assert params.stop == ("xyz",)


def test_without_a_limit_the_context_is_the_limit(api: Api, engines: Engines) -> None:
    answer = api.client.chat.completions.create(model="first", messages=HELLO)
    assert answer.usage is not None
    assert answer.usage.total_tokens == 2048


def test_a_stop_string_ends_the_completion(api: Api) -> None:
    whole = api.client.chat.completions.create(model="first", messages=HELLO, max_tokens=30)
    text = whole.choices[0].message.content or ""
    stop = text[5:8]
    cut = api.client.chat.completions.create(
        model="first", messages=HELLO, max_tokens=30, stop=[stop]
    )
    assert cut.choices[0].message.content == text[: text.index(stop)]
    assert cut.choices[0].finish_reason == "stop"


def think(engine: FakeEngine) -> None:
    """Completions with reasoning; the bytes are the tokens of the scripted model."""
    folder = Path(engine.spec.model_dir)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = tokenizer.encode("<think>\nHm, 7.\n</think>\n\nSeven.", add_special_tokens=False).ids
    engine.script = lambda request: iter([*ids, *request.stop_token_ids])


def test_reasoning_has_a_field_of_its_own(api: Api, engines: Engines) -> None:
    before = engines.last.script
    think(engines.last)
    try:
        whole = api.client.chat.completions.create(model="first", messages=HELLO)
        again: list[Any] = [*HELLO, whole.choices[0].message, {"role": "user", "content": "Why?"}]
        stream = api.client.chat.completions.create(model="first", messages=again, stream=True)
        deltas = [chunk.choices[0].delta for chunk in stream]
    finally:
        engines.last.script = before
    assert whole.choices[0].message.content == "Seven."
    assert whole.choices[0].message.model_extra == {"reasoning_content": "Hm, 7."}
    assert whole.usage is not None
    assert whole.usage.completion_tokens > len("Seven.")  # all that was written counts
    assert "".join(delta.content or "" for delta in deltas) == "Seven."
    thought = [(delta.model_extra or {}).get("reasoning_content", "") for delta in deltas]
    assert "".join(thought) == "Hm, 7."


def test_text_parts_are_joined(api: Api, engines: Engines) -> None:
    parts = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]
    for content in ("Hello", parts):
        messages: list[Any] = [{"role": "user", "content": content}]
        api.client.chat.completions.create(model="first", messages=messages, max_tokens=1)
    first, second = engines.last.requests
    assert first.prompt_ids == second.prompt_ids


def test_the_list_of_models_names_the_one_that_serves(api: Api) -> None:
    assert [model.id for model in api.client.models.list()] == ["first"]


def test_a_model_that_is_not_loaded_says_which_one_is(api: Api) -> None:
    with pytest.raises(openai.NotFoundError, match="'first' is"):
        api.client.chat.completions.create(model="gpt-5", messages=HELLO)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature": -1}, "temperature is wrong: Input should be greater than or equal to 0"),
        ({"temperature": "hot"}, "temperature is wrong"),
        ({"top_k": 1001}, "top_k is wrong: Input should be less than or equal to 1000"),
        ({"top_k": 1.5}, "top_k is wrong"),
        ({"top_p": 1.01}, "top_p is wrong"),
        ({"max_tokens": 0}, "max_tokens is wrong"),
        ({"repetition_penalty": 0.5}, "repetition_penalty is wrong"),
        ({"seed": -1}, "seed is wrong"),
        ({"seed": 10**400}, "seed is wrong"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "at most 4 strings"),
        ({"stop": ""}, "at most 4 strings"),
        ({"messages": []}, "messages is wrong"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role is wrong"),
        ({"messages": "hello"}, "messages is wrong"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "lone surrogate"),
        ({"messages": [{"role": "user", "content": "x" * 5000}]}, "at most 2047"),
        ({"functions": []}, "functions is not known here. Leave it out"),
        ({"n": 5}, "n is wrong: Input should be less than or equal to 4"),
        ({"model": None}, "model is wrong"),
        ({"\ud800": 1}, "is wrong"),
    ],
)
def test_wrong_input_is_refused_in_openais_shape(
    api: Api, change: dict[str, Any], message: str
) -> None:
    answer = api.post({"model": "first", "messages": HELLO} | change)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert message in error["message"]
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(api: Api, number: str) -> None:
    body = b'{"model":"first","messages":[{"role":"user","content":"x"}],"temperature":%s}'
    answer = api.post(body % number.encode())
    assert answer.status_code == 400
    assert "temperature is wrong" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"model":"\xff"}', b'"\\u0000"']
)
def test_malformed_bodies_are_refused(api: Api, body: bytes) -> None:
    assert api.post(body).status_code in (400, 422)


def test_a_body_of_two_megabytes_is_refused(api: Api) -> None:
    answer = api.post({"model": "first", "messages": [{"role": "user", "content": "x" * 2**21}]})
    assert answer.status_code == 413
    assert "1" in answer.json()["error"]["message"]


@pytest.mark.parametrize("key", ["vc-wrong", "x", "ключ"])
def test_a_wrong_key_gets_nothing(api: Api, key: str) -> None:
    for path in ("/v1/models", "/v1/chat/completions"):
        headers = {"Authorization": f"Bearer {key}".encode()}
        method = "GET" if path == "/v1/models" else "POST"
        answer = httpx.request(method, api.url + path, headers=headers)
        assert answer.status_code == 401
        assert "API key" in answer.json()["error"]["message"]


def test_a_client_that_goes_away_stops_the_engine(api: Api, engines: Engines) -> None:
    slow(engines.last)
    stream = api.client.chat.completions.create(model="first", messages=HELLO, stream=True)
    next(iter(stream))
    stream.close()
    wait_for(lambda: engines.last.cancelled)


def test_a_client_that_hangs_up_on_a_whole_answer_stops_the_engine(
    api: Api, engines: Engines
) -> None:
    slow(engines.last)
    impatient = api.client.with_options(timeout=1.0)
    with pytest.raises(openai.APITimeoutError):
        impatient.chat.completions.create(model="first", messages=HELLO)
    wait_for(lambda: engines.last.cancelled)


def test_an_engine_that_dies_ends_the_stream_with_an_error(api: Api, engines: Engines) -> None:
    slow(engines.last)
    stream = api.client.chat.completions.create(model="first", messages=HELLO, stream=True)
    pieces: list[str] = []

    def read() -> None:
        for chunk in stream:
            pieces.append(chunk.choices[0].delta.content or "")
            if len(pieces) == 5:
                engines.last.die()

    with pytest.raises(openai.APIError, match="The engine stopped"):
        read()
    assert "".join(pieces)


def test_readyz_follows_the_engine(api: Api, engines: Engines) -> None:
    ready = httpx.get(f"{api.url}/readyz")
    assert ready.status_code == 200
    assert ready.json() == {
        "status": "ready",
        "model": "first",
        "device": "CPU",
        "weight_format": "int8",
        "engine": "genai",
    }
    engines.prepare = lambda engine: setattr(engine, "load_s", 0.5)
    engines.last.die()
    wait_for(lambda: httpx.get(f"{api.url}/readyz").status_code == 503)
    gone = httpx.get(f"{api.url}/readyz")
    assert "signal 9" in gone.json()["reason"]
    assert httpx.get(f"{api.url}/healthz").status_code == 200
    with pytest.raises(openai.InternalServerError, match="being restarted") as caught:
        api.client.chat.completions.create(model="first", messages=HELLO)
    assert int(caught.value.response.headers["retry-after"]) > 0
    wait_for(lambda: httpx.get(f"{api.url}/readyz").status_code == 200)


def test_every_answer_carries_its_request_id(api: Api) -> None:
    for path in ("/healthz", "/v1/models", "/nothing"):
        identifier = httpx.get(api.url + path).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]{32}", identifier)


def test_a_huge_prompt_stops_nobody(api: Api) -> None:
    """Tokenizing it takes seconds; the pages go on answering meanwhile."""
    messages = [{"role": "user", "content": "a b c " * 150_000}]
    with ThreadPoolExecutor() as pool:
        refused = pool.submit(api.post, {"model": "first", "messages": messages})
        answered = 0
        while not refused.done():
            httpx.get(f"{api.url}/healthz")
            answered += 1
    assert refused.result().status_code == 400
    assert answered > 3


def test_a_revoked_key_ends_its_whole_answer(api: Api, engines: Engines) -> None:
    slow(engines.last)
    database = Database(f"sqlite:///{api.data_dir / 'vinochat.db'}")
    key = commands.make_api_key(database, "ada", "short-lived").plaintext
    body = {"model": "first", "messages": HELLO, "max_tokens": 2000}
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(api.post, body, key)
        wait_for(lambda: engines.last.requests)
        keys = ApiKeys(database)
        owner = commands.list_users(database)[0].id
        keys.revoke(owner, next(k.id for k in keys.list(owner) if k.name == "short-lived"))
        answer = asking.result()
    database.close()
    assert answer.status_code == 401
    assert "revoked" in answer.json()["error"]["message"]
    wait_for(lambda: engines.last.cancelled)


def test_a_form_that_is_no_text_is_refused(api: Api) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\na\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x; charset=undefined"}
    answer = httpx.post(f"{api.url}/login", content=body, headers=headers)
    assert answer.status_code == 400
    assert "UTF-8" in answer.text


def test_metrics_are_for_the_holder_of_the_token(api: Api) -> None:
    assert httpx.get(f"{api.url}/metrics").status_code == 401
    headers = {"Authorization": "Bearer measure"}
    text = httpx.get(f"{api.url}/metrics", headers=headers).text
    assert "vinochat_num_requests_waiting 0.0\n" in text
    assert "vinochat_ready 1.0\n" in text
