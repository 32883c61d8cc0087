"""The sliders of the contract, and that each one explains itself truly."""

import math

import gradio as gr
import pytest

from app.inference.catalogue import RecommendedSampling
from app.inference.types import SAMPLING_RANGES, SamplingParams
from app.pages.sampling import CHAT, INSTRUCT, ModelSettings, SliderSpec
from app.services import Services
from tests.pages.fakes import FakeInference

FIELDS = {
    "Max New Tokens": "max_new_tokens",
    "Top-p (nucleus sampling)": "top_p",
    "Top-k": "top_k",
    "Temperature": "temperature",
    "Repetition Penalty": "repetition_penalty",
}


def test_the_contract_of_instruct() -> None:
    assert [(s.label, s.low, s.high, s.step, s.default) for s in INSTRUCT] == [
        ("Max New Tokens", 1, 1000, 1, 256),
        ("Top-p (nucleus sampling)", 0.05, 1, 0.05, 0.92),
        ("Top-k", 0, 50, 1, 0),
        ("Temperature", 0.1, 5, 0.1, 0.8),
    ]


def test_the_contract_of_chat() -> None:
    assert [(s.label, s.low, s.high, s.step, s.default) for s in CHAT] == [
        ("Temperature", 0, 1, 0.1, 0.1),
        ("Top-p (nucleus sampling)", 0, 1, 0.01, 1.0),
        ("Top-k", 0, 200, 1, 50),
        ("Repetition Penalty", 1, 2, 0.1, 1.1),
        ("Max New Tokens", 1, 2048, 1, 256),
    ]


@pytest.mark.parametrize("spec", [*INSTRUCT, *CHAT])
def test_every_slider_explains_itself_and_fits_the_server(spec: SliderSpec) -> None:
    assert "The cat is" in spec.explanation
    low, high = SAMPLING_RANGES[FIELDS[spec.label]]
    assert low <= spec.low < spec.high <= high
    for value in (spec.low, spec.default, spec.high):
        SamplingParams(**{FIELDS[spec.label]: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("spec", [spec for spec in (*INSTRUCT, *CHAT) if spec.step == 1])
def test_whole_numbers_reach_the_server_as_ints(spec: SliderSpec) -> None:
    value = spec.build().preprocess(7.0)
    assert value == 7
    assert isinstance(value, int)


def test_the_explanations_are_true_of_our_engines() -> None:
    penalty = next(s.explanation for s in CHAT if s.label == "Repetition Penalty")
    assert "counts once" in penalty  # presence, not frequency
    top_k = next(s.explanation for s in CHAT if s.label == "Top-k")
    assert "0 turns this limit off" in top_k
    greedy = [s.explanation for s in CHAT if s.low == 0 and s.label != "Top-k"]
    assert all("greedy" in text for text in greedy)
    assert SamplingParams(temperature=0).greedy
    assert SamplingParams(top_p=0).greedy


@pytest.mark.parametrize("spec", [*INSTRUCT, *CHAT], ids=lambda spec: spec.label)
@pytest.mark.parametrize("value", [None, "x", {}, [], float("nan"), -7, 1e9])
def test_values_that_no_page_sends_are_refused_in_words(spec: SliderSpec, value: object) -> None:
    slider = spec.build()
    if spec.step != 1 and value != value:
        assert math.isnan(slider.preprocess(value))  # SamplingParams refuses it
        return
    with pytest.raises(gr.Error) as caught:
        slider.preprocess(value)
    assert caught.value.message
    assert not caught.value.print_exception


def test_the_models_settings_move_the_sliders_within_their_ranges(
    services: Services, inference: FakeInference
) -> None:
    inference.recommended_sampling = RecommendedSampling(
        temperature=1.5, top_p=0.02, top_k=20, repetition_penalty=1.05
    )
    chat, instruct = ModelSettings(services, CHAT), ModelSettings(services, INSTRUCT)
    assert chat.look() == gr.update(visible=True)
    assert chat.move() == [1, 0.02, 20, 1.05, gr.skip()]
    assert instruct.move() == [gr.skip(), 0.05, 20, 1.5]


def test_what_the_makers_do_not_say_stays(services: Services, inference: FakeInference) -> None:
    settings = ModelSettings(services, INSTRUCT)
    inference.recommended_sampling = RecommendedSampling(temperature=0.7)
    assert settings.move() == [gr.skip(), gr.skip(), gr.skip(), 0.7]
    inference.recommended_sampling = None
    assert settings.look() == gr.update(visible=False)
    assert settings.move() == [gr.skip()] * 4
