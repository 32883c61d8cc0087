"""A run learns, stops, and goes on as if it had not stopped."""

import argparse
from pathlib import Path

import pytest
import torch

from training import tokenizer as tokenizers
from training.batches import Batch, Recipe, pool
from training.train import Trainer

TOKENIZER = Path(__file__).parents[2] / "data" / "built-in"


@pytest.fixture(scope="module")
def batches() -> list[Batch]:
    return [b for b in pool(Recipe(TOKENIZER, 1, 1024), 0) if b.ids.shape[1] == 192]


def _trainer(out: Path, start: Path | None = None, width: int = 64, layers: int = 3) -> Trainer:
    options = argparse.Namespace(
        out=out, start=start, seed=1, width=width, layers=layers, threads=2, compile=False,
        muon=0.005, adam=0.0025, tokens=1e5,
    )  # fmt: skip
    return Trainer(options, tokenizers.load(TOKENIZER))


def test_the_loss_of_a_batch_falls(batches: list[Batch], tmp_path: Path) -> None:
    trainer = _trainer(tmp_path)
    losses = [trainer.step(batches[0]).item() for _ in range(25)]
    assert losses[-1] < losses[0] - 1
    assert trainer.progress.tokens == 25 * batches[0].tokens


def test_parts_of_a_batch_add_up(batches: list[Batch], tmp_path: Path) -> None:
    trainer = _trainer(tmp_path)
    whole, gradients = trainer.gradients(batches[0], slice(0, 4))
    parts = [trainer.gradients(batches[0], rows) for rows in (slice(0, 1), slice(1, 4))]
    assert sum(loss.item() for loss, _ in parts) == pytest.approx(whole.item(), rel=1e-2)
    summed = parts[0][1][0] + parts[1][1][0]
    assert (summed - gradients[0]).norm() < 0.05 * gradients[0].norm()


def test_a_saved_run_goes_on_as_it_would_have(batches: list[Batch], tmp_path: Path) -> None:
    first = _trainer(tmp_path)
    for batch in batches[:3]:
        first.step(batch)
    first.save()
    second = _trainer(tmp_path)
    second.resume()
    assert second.progress == first.progress
    for trainer in (first, second):
        trainer.step(batches[3])
    for one, other in zip(first.parameters, second.parameters, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)
    assert (tmp_path / "model" / "model.safetensors").exists()


def test_a_run_begins_with_the_weights_of_another(batches: list[Batch], tmp_path: Path) -> None:
    first = _trainer(tmp_path / "first")
    for batch in batches[:3]:
        first.step(batch)
    first.save()
    second = _trainer(tmp_path / "second", start=tmp_path / "first" / "model", width=128)
    assert second.progress.tokens == 0
    assert second.model.shape == first.model.shape
    kept = list(first.average.parameters())
    for one, other in zip(second.parameters, kept, strict=True):
        torch.testing.assert_close(one, other, rtol=2e-3, atol=2e-4)  # saved as float16
    deeper = _trainer(tmp_path / "deeper", start=tmp_path / "first" / "model", layers=4)
    assert deeper.model.shape.layers == 4
    loss = [trainer.gradients(batches[0], slice(0, 4))[0].item() for trainer in (second, deeper)]
    assert loss[0] == pytest.approx(loss[1], rel=1e-3)


def test_a_folder_with_another_run_is_not_taken_up(tmp_path: Path) -> None:
    first = _trainer(tmp_path)
    first.save()
    with pytest.raises(ValueError, match="holds a run with --start None, not"):
        _trainer(tmp_path, start=tmp_path / "model").resume()
