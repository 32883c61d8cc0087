"""Our Llama computes what transformers' does, and conversations in one row stay apart."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from training import model as models
from training import tokenizer as tokenizers
from training.tokenizer import BRANCHES
from training.wiring import wire

SHIPPED = Path(__file__).parents[2] / "data" / "built-in"


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return tokenizers.load(SHIPPED)


@pytest.fixture(scope="module")
def model(tokenizer: PreTrainedTokenizerFast) -> models.Llama:
    torch.manual_seed(0)
    return models.Llama(models.Shape(len(tokenizer), width=64, layers=3)).eval()


def _segments(*lengths: int) -> torch.Tensor:
    return torch.cat([torch.full((n,), at * BRANCHES) for at, n in enumerate(lengths, 1)])[None]


def test_same_numbers_as_transformers(
    model: models.Llama, tokenizer: PreTrainedTokenizerFast
) -> None:
    ids = torch.randint(0, len(tokenizer), (2, 70))
    with torch.no_grad():
        hidden = model(ids, torch.ones_like(ids))
        ours = torch.nn.functional.linear(hidden, model.embed_tokens.weight)
        reference: Any = models.as_transformers(model, tokenizer)
        theirs = reference.eval()(ids).logits
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_segments_of_a_row_are_apart(
    model: models.Llama, tokenizer: PreTrainedTokenizerFast
) -> None:
    first, second = torch.randint(0, len(tokenizer), (1, 20)), torch.randint(3, 90, (1, 13))
    with torch.no_grad():
        row = model(torch.cat((first, second), 1), _segments(20, 13))
        alone = model(second, _segments(13))
    torch.testing.assert_close(row[:, 20:], alone, rtol=1e-4, atol=1e-4)


def test_a_branch_follows_the_stem_and_sees_no_other(
    model: models.Llama, tokenizer: PreTrainedTokenizerFast
) -> None:
    stem, *branches = (torch.randint(3, 90, (1, length)) for length in (20, 7, 9))
    numbers = torch.cat([torch.full((n,), BRANCHES + at) for at, n in enumerate((20, 7, 9))])
    with torch.no_grad():
        row = model(torch.cat((stem, *branches), 1), numbers[None])
        for branch, shown in zip(branches, (row[:, 20:27], row[:, 27:]), strict=True):
            alone = model(torch.cat((stem, branch), 1), _segments(20 + branch.shape[1]))
            torch.testing.assert_close(shown, alone[:, 20:], rtol=1e-4, atol=1e-4)


def test_a_saved_folder_is_what_transformers_loads(
    model: models.Llama, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    models.save(model, tokenizer, tmp_path)
    loaded: Any = LlamaForCausalLM.from_pretrained(tmp_path)
    assert loaded.config.rope_parameters["rope_theta"] == models.ROPE_THETA
    assert loaded.config.max_position_embeddings == tokenizers.CONTEXT
    torch.testing.assert_close(
        loaded.model.norm.weight.float(), model.norm.weight, rtol=1e-3, atol=1e-3
    )
    assert len(tokenizers.load(tmp_path)) == len(tokenizer)
    again = models.load(tmp_path)
    assert again.shape == model.shape
    for one, other in zip(again.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


def test_weights_with_another_rotary_base_are_not_taken(
    model: models.Llama, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    models.save(model, tokenizer, tmp_path)
    config = tmp_path / "config.json"
    config.write_text(config.read_text().replace("1000000.0", "10000.0"))
    with pytest.raises(ValueError, match="rotary base of 10000"):
        models.load(tmp_path)


def test_a_wired_start_finds_what_followed_the_same_word_before(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    torch.manual_seed(1)
    model = models.Llama(models.Shape(len(tokenizer), width=256, layers=4)).eval()
    wire(model)
    told = torch.randperm(1000)[:40] + 300
    ids = torch.cat((told, told))[None]
    with torch.no_grad():
        scores = model(ids, torch.ones_like(ids))[0, 40:79] @ model.embed_tokens.weight.T
    assert (scores.argmax(-1) == told[1:]).float().mean() > 0.75


def test_a_deepened_model_computes_the_same_and_all_of_it_can_learn(
    model: models.Llama, tokenizer: PreTrainedTokenizerFast
) -> None:
    ids = torch.randint(0, len(tokenizer), (2, 40))
    segments = torch.ones_like(ids)
    before = model(ids, segments)
    deeper = models.deepened(model, 5)
    assert deeper.shape.layers == len(deeper.layers) == 5
    assert len({id(one) for one in deeper.parameters()}) == len(list(deeper.parameters()))
    after = deeper(ids, segments)
    torch.testing.assert_close(after, before, rtol=0, atol=0)
    after.square().mean().backward()
    for at, layer in enumerate(deeper.layers):
        for matrix in (layer.self_attn.o_proj.weight, layer.mlp.down_proj.weight):
            assert matrix.grad is not None
            assert matrix.grad.abs().sum() > 0, at
