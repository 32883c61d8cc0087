"""/v1/completions and /v1/models over a served app on scripted engines."""

from typing import Any

import openai
import pytest

from tests.api_client import Api, api, engines, served
from tests.scripted import Engines

__all__ = ["api", "engines", "served"]

CONTROL = "<|im_start|>"


def test_a_text_goes_on_as_it_stands(api: Api, engines: Engines) -> None:
    answer = api.client.completions.create(model="first", prompt="Once", seed=3)
    assert answer.object == "text_completion"
    assert answer.choices[0].text
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (4, 16)
    request = engines.last.requests[-1]
    assert len(request.prompt_ids) == len("Once")  # the scripted model's tokens are bytes
    assert (request.params.max_new_tokens, request.seed) == (16, 3)


def test_control_tokens_in_a_text_stay_text_and_as_ids_are_control(
    api: Api, engines: Engines
) -> None:
    control = 256  # the first special token after the bytes
    api.client.completions.create(model="first", prompt=f"{CONTROL}x", max_tokens=1)
    assert control not in engines.last.requests[-1].prompt_ids
    api.client.completions.create(model="first", prompt=[control, 5], max_tokens=1)
    assert engines.last.requests[-1].prompt_ids == (control, 5)


@pytest.mark.parametrize(
    ("prompt", "lengths"),
    [("ab", [2]), (["ab", "cde"], [2, 3]), ([1, 2, 3], [3]), ([[1, 2], [3]], [2, 1])],
)
def test_the_four_kinds_of_prompts(
    api: Api, engines: Engines, prompt: Any, lengths: list[int]
) -> None:
    answer = api.client.completions.create(model="first", prompt=prompt, max_tokens=2)
    assert [choice.index for choice in answer.choices] == list(range(len(lengths)))
    assert sorted(len(r.prompt_ids) for r in engines.last.requests) == sorted(lengths)
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == sum(lengths)
    assert answer.usage.completion_tokens == 2 * len(lengths)


def test_a_stream_is_the_completion_in_pieces(api: Api) -> None:
    whole = api.client.completions.create(model="first", prompt=["ab", "cd"], max_tokens=40)
    stream = api.client.completions.create(
        model="first",
        prompt=["ab", "cd"],
        max_tokens=40,
        stream=True,
        stream_options={"include_usage": True},
    )
    texts = ["", ""]
    chunks = list(stream)
    for chunk in chunks:
        for choice in chunk.choices:
            texts[choice.index] += choice.text
    assert texts == [choice.text for choice in whole.choices]
    assert chunks[-1].usage == whole.usage
    ends = [c.finish_reason for chunk in chunks for c in chunk.choices if c.finish_reason]
    assert ends == ["length", "length"]


@pytest.mark.parametrize("prompt", ["Hi", [72, 73]])
def test_echo_puts_the_prompt_in_front(api: Api, prompt: Any) -> None:
    how: dict[str, Any] = {"model": "first", "prompt": prompt, "max_tokens": 3}
    plain = api.client.completions.create(**how).choices[0].text
    echoed = api.client.completions.create(**how, echo=True).choices[0].text
    pieces = api.client.completions.create(**how, echo=True, stream=True)
    assert echoed.endswith(plain)
    assert len(echoed) == len(plain) + 2
    assert "".join(chunk.choices[0].text for chunk in pieces) == echoed


def test_a_stop_string_ends_it(api: Api) -> None:
    text = api.client.completions.create(model="first", prompt="x", max_tokens=30).choices[0].text
    stopped = api.client.completions.create(
        model="first", prompt="x", max_tokens=30, stop=[text[5:8]]
    )
    assert stopped.choices[0].text == text[:5]
    assert stopped.choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"suffix": "end"}, "suffix is wrong: it is not supported"),
        ({"best_of": 3}, "best_of is wrong: only 1"),
        ({"prompt": []}, "the list is empty"),
        ({"prompt": ""}, "The prompt is empty"),
        ({"prompt": [[]]}, "The prompt is empty"),
        ({"prompt": [1, "a"]}, "it must be a text, a list of texts"),
        ({"prompt": [1.5]}, "it must be a text"),
        ({"prompt": [True]}, "it must be a text"),
        ({"prompt": {"a": 1}}, "it must be a text"),
        ({"prompt": None}, "prompt is wrong: Field required"),
        ({"prompt": [5, 259]}, "outside the model's vocabulary of 259"),
        ({"prompt": [-1]}, "outside the model's vocabulary"),
        ({"prompt": [10**30]}, "outside the model's vocabulary"),
        ({"prompt": "x" * 5000}, "takes at most 2047"),
        ({"prompt": "\ud800"}, "lone surrogate"),
        ({"prompt": ["a"] * 9, "n": 2}, "prompts times n must be at most 16"),
        ({"logprobs": 2}, "logprobs is wrong: it must be 0 or 1"),
        ({"logprobs": 0, "echo": True}, "echo and logprobs do not go together"),
        ({"max_tokens": 0}, "max_tokens is wrong"),
        ({"messages": []}, "messages is not known here"),
    ],
)
def test_wrong_input_is_refused_in_openais_shape(
    api: Api, change: dict[str, Any], message: str
) -> None:
    answer = api.post({"model": "first", "prompt": "x"} | change, path="completions")
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert message in error["message"]
    assert error["type"] == "invalid_request_error"


def test_one_model_by_its_name(api: Api) -> None:
    assert api.client.models.retrieve("first").id == "first"
    with pytest.raises(openai.NotFoundError, match="'first' is") as caught:
        api.client.models.retrieve("gpt-5")
    assert caught.value.code == "model_not_found"
