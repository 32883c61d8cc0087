"""What models say of themselves, in the spellings of their makers."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.inference.model_config import (
    completion_length,
    context_length,
    engine_kind_for,
    recommended_sampling,
)

LLAMA_2: dict[str, Any] = {"model_type": "llama", "max_position_embeddings": 4096}


def scaled(**scaling: object) -> dict[str, Any]:
    return {**LLAMA_2, "rope_scaling": scaling}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (LLAMA_2, 4096),
        ({"model_type": "gpt2", "n_positions": 1024}, 1024),
        ({"model_type": "mpt", "max_seq_len": 8192}, 8192),
        ({"model_type": "chatglm", "seq_length": 32768}, 32768),
        ({"text_config": {"max_position_embeddings": 131072}}, 131072),
        # A window of attention is no limit of the text.
        ({"max_position_embeddings": 32768, "sliding_window": 4096}, 32768),
        (scaled(type="linear", factor=4.0), 16384),
        (scaled(rope_type="yarn", factor=4.0), 16384),
        (scaled(rope_type="yarn", factor=4, original_max_position_embeddings=2048), 8192),
        (scaled(rope_type="yarn", factor=2, original_max_position_embeddings=1024), 4096),
        # It is worked out anew for each length of prompt, which an exported model does not do.
        (scaled(type="dynamic", factor=2.0), 4096),
        # The stated length is the stretched one already.
        (scaled(rope_type="llama3", factor=8.0, original_max_position_embeddings=1024), 4096),
        (scaled(type="longrope", short_factor=[1.0], long_factor=[2.0]), 4096),
        ({**LLAMA_2, "rope_parameters": {"rope_type": "default", "rope_theta": 1e4}}, 4096),
        ({**LLAMA_2, "rope_parameters": {"rope_type": "linear", "factor": 2.0}}, 8192),
        (
            {
                "model_type": "gemma3",
                "text_config": {
                    "model_type": "gemma3_text",
                    "max_position_embeddings": 131072,
                    "rope_scaling": {"rope_type": "linear", "factor": 8.0},
                },
            },
            131072,
        ),
        (scaled(type="linear", factor="much"), 4096),
        (scaled(type="linear", factor=float("inf")), 4096),
        (scaled(type="yarn", factor=float("nan")), 4096),
        (scaled(type="yarn", factor=2, original_max_position_embeddings="x"), 8192),
        (scaled(type="yarn", factor=2, original_max_position_embeddings=10**400), 8192),
        ({"max_position_embeddings": 10**400, "n_positions": 1024}, 1024),
        ({**LLAMA_2, "rope_scaling": None}, 4096),
    ],
)
def test_the_context_window(config: dict[str, Any], expected: int) -> None:
    assert context_length(config, otherwise=99) == expected


def test_where_the_configuration_is_silent_the_catalogue_speaks() -> None:
    assert context_length({"model_type": "bloom"}, otherwise=8192) == 8192
    assert context_length({"model_type": "bloom"}) == 2048


def test_an_encoder_decoder_model_has_two_windows() -> None:
    blenderbot = {"is_encoder_decoder": True, "max_position_embeddings": 128}
    assert (context_length(blenderbot), completion_length(blenderbot)) == (128, 128)
    led = {
        "is_encoder_decoder": True,
        "max_encoder_position_embeddings": 16384,
        "max_decoder_position_embeddings": 1024,
    }
    assert (context_length(led), completion_length(led)) == (16384, 1024)
    assert completion_length(LLAMA_2) is None


@pytest.mark.parametrize(
    ("config", "engine"),
    [
        (LLAMA_2, "genai"),
        ({"model_type": "mpt"}, "optimum"),
        ({"model_type": "blenderbot", "is_encoder_decoder": True}, "optimum"),
    ],
)
def test_the_engine_that_gets_it_right(config: dict[str, Any], engine: str) -> None:
    assert engine_kind_for(config) == engine


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"temperature": 0.6, "top_p": 0.95, "top_k": 20}, {"temperature", "top_p", "top_k"}),
        ({"do_sample": False, "temperature": 0.6}, set()),
        ({"temperature": "hot", "top_k": -1, "top_p": True, "repetition_penalty": 1.05}, {"r"}),
        ({"temperature": None, "top_k": 2.5, "repetition_penalty": 0.5}, set()),
        ([1], set()),
    ],
)
def test_recommended_sampling_is_what_is_stated_and_allowed(
    tmp_path: Path, stated: Any, expected: set[str]
) -> None:
    (tmp_path / "generation_config.json").write_text(json.dumps(stated))
    names = {
        name if name != "repetition_penalty" else "r" for name in recommended_sampling(tmp_path)
    }
    assert names == expected


def test_a_model_without_recommendations_has_none(tmp_path: Path) -> None:
    assert recommended_sampling(tmp_path) == {}
    (tmp_path / "generation_config.json").write_text("{")
    assert recommended_sampling(tmp_path) == {}
