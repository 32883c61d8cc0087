"""The random checkpoints: whole, small, each of its architecture, with a tokenizer that works."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from tests.checkpoints import FAMILIES, ran
from tests.checkpoints.vocabularies import VOCAB

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family(checkpoints: dict[str, Path], name: str) -> None:
    folder, family = checkpoints[name], FAMILIES[name]
    config = json.loads((folder / "config.json").read_text())
    assert config["vocab_size"] == VOCAB
    assert ("auto_map" in config) == family.code
    size = sum(file.stat().st_size for file in folder.iterdir())
    assert 1_000_000 < size < 20_000_000
    assert bool(list(folder.glob("*.safetensors"))) == ("pickle" not in family.weights)
    assert not ran(folder).exists()


@pytest.mark.parametrize("name", FAMILIES)
def test_its_tokenizer(checkpoints: dict[str, Path], name: str) -> None:
    file, vocabulary = checkpoints[name] / "tokenizer.json", FAMILIES[name].vocabulary
    if not file.exists():
        assert vocabulary.kind == "sentencepiece-model" or vocabulary.files == "vocab+merges"
        return
    tokenizer = Tokenizer.from_file(str(file))
    text = "Hello 你好 こんにちは <x>\n\n 🙂"
    ids = tokenizer.encode(text).ids
    assert tokenizer.decode(ids) == text
    assert (tokenizer.id_to_token(ids[0]) == vocabulary.bos) == vocabulary.adds_bos
    for token in vocabulary.last:
        assert tokenizer.encode(token, add_special_tokens=False).tokens == [token]


def test_no_torch_in_this_process() -> None:
    code = "import sys, tests.checkpoints; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
