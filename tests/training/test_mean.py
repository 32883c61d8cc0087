"""The mean of two checkpoints."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from training.mean import mean


def _checkpoint(folder: Path, **tensors: torch.Tensor) -> Path:
    folder.mkdir()
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(folder.name)
    return folder


def test_shares_of_weights_and_files_of_the_first(tmp_path: Path) -> None:
    first = _checkpoint(tmp_path / "a", w=torch.full((2,), 4.0, dtype=torch.float16))
    second = _checkpoint(tmp_path / "b", w=torch.full((2,), 8.0, dtype=torch.float16))
    mean(first, second, 0.75, tmp_path / "out")
    mixed = load_file(tmp_path / "out" / "model.safetensors")["w"]
    assert mixed.tolist() == [5.0, 5.0]
    assert mixed.dtype == torch.float16
    assert (tmp_path / "out" / "config.json").read_text() == "a"


def test_other_architectures_have_no_mean(tmp_path: Path) -> None:
    first = _checkpoint(tmp_path / "a", w=torch.zeros(2))
    for name, tensors in {"b": {"w": torch.zeros(3)}, "c": {"v": torch.zeros(2)}}.items():
        with pytest.raises(ValueError, match="not of one architecture"):
            mean(first, _checkpoint(tmp_path / name, **tensors), 0.5, tmp_path / "out")
    assert not (tmp_path / "out").exists()
