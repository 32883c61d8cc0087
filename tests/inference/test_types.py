"""Sampling parameters refuse what no engine could take, and name the allowed range."""

import math
from typing import Any

import pytest

from app.errors import InvalidParameter
from app.inference.types import EngineInfo, Receipt, SamplingParams


@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k", "max_new_tokens", "seed"])
@pytest.mark.parametrize("value", [-1, 10**400, -(10**400), math.nan, math.inf, "1", True, [1]])
def test_what_is_no_number_in_range_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameter, match=f"{name} must be") as caught:
        SamplingParams(**{name: value})
    assert caught.value.parameter == name


@pytest.mark.parametrize("name", ["top_k", "max_new_tokens", "seed"])
def test_whole_numbers_are_whole(name: str) -> None:
    with pytest.raises(InvalidParameter, match="whole number"):
        SamplingParams(**{name: 1.5})


@pytest.mark.parametrize("stop", [("",), ("x" * 201,), ("a",) * 5, (1,)])
def test_stop_strings_are_few_and_short(stop: Any) -> None:
    with pytest.raises(InvalidParameter, match="at most 4 strings"):
        SamplingParams(stop=stop)


@pytest.mark.parametrize(
    ("temperature", "top_p", "greedy"),
    [(0, 1, True), (1, 0, True), (1e-40, 1, True), (0.1, 0.05, False), (1, 1, False)],
)
def test_what_counts_as_greedy(temperature: float, top_p: float, greedy: bool) -> None:
    assert SamplingParams(temperature=temperature, top_p=top_p).greedy is greedy


def test_the_performance_line() -> None:
    receipt = Receipt(10, 128, 0.0, 0.12, 0.12 + 127 / 42.1, "built-in", "int8", "CPU")
    assert receipt.line() == "42.1 tokens/s · first token 0.12 s · 128 tokens · CPU · int8"


def test_one_token_has_no_rate() -> None:
    assert Receipt(10, 1, 0.0, 0.1, 0.1, "built-in", "int8", "CPU").tokens_per_second == 0


@pytest.mark.parametrize(
    ("info", "longest", "rooms"),
    [
        (EngineInfo("genai", "CPU", 2048, 65536, 16), 2047, {0: 2048, 2047: 1, 2048: 0, 9999: 0}),
        (EngineInfo("genai", "CPU", 2048, 1024, 16), 1023, {100: 924, 1024: 0}),
        (EngineInfo("optimum", "CPU", 128, 192, 1, 64), 128, {0: 64, 128: 64, 129: 0}),
    ],
)
def test_what_fits_after_a_prompt(info: EngineInfo, longest: int, rooms: dict[int, int]) -> None:
    assert info.longest_prompt == longest
    assert {prompt: info.room_after(prompt) for prompt in rooms} == rooms
