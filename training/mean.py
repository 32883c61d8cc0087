"""The mean of two checkpoints, weight by weight.

    python -m training.mean training/runs/next/model data/built-in --share 0.75 --out /tmp/mean

Contract: both have the same architecture and the same vocabulary; all files but the weights are the
first one's. The method is that of Wortsman et al. 2022, "Model soups"; what it gave here stands in
the README.
"""

import argparse
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

_WEIGHTS = "model.safetensors"


def mean(first: Path, second: Path, share: float, out: Path) -> None:
    """Write `share` of the first checkpoint and the rest of the second to a new folder.

    Raises:
        FileExistsError: `out` is there already.
        ValueError: The two have other tensors, or tensors of other shapes.
    """
    one, other = load_file(first / _WEIGHTS), load_file(second / _WEIGHTS)
    if {name: each.shape for name, each in one.items()} != {
        name: each.shape for name, each in other.items()
    }:
        raise ValueError(f"{first} and {second} are not of one architecture.")
    shutil.copytree(first, out)
    mixed = {
        name: (share * each.float() + (1 - share) * other[name].float()).to(each.dtype)
        for name, each in one.items()
    }
    save_file(mixed, out / _WEIGHTS, metadata={"format": "pt"})


def main() -> None:
    """Take the mean from the command line."""
    parser = argparse.ArgumentParser(description="Take the mean of two checkpoints.")
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="of the first, 0 to 1")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    mean(options.first, options.second, options.share, options.out)


if __name__ == "__main__":
    main()
