"""Tiny tokenizers of the two kinds that the families use, with their special tokens in place.

Byte-level BPE as GPT-NeoX, Qwen and Llama 3 have it, and BPE with byte fallback as sentencepiece
makes it; the latter also as nothing but a `tokenizer.model`. Needs no torch.
"""

import json
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from tests.checkpoints.vocabularies import VOCAB, Vocabulary

TEXT = """Hello, how are you today? I am a small model with a very small vocabulary of words.
What is the capital of France? The capital of France is Paris, and that of Japan is Tokyo.
A machine that answers questions should say what it knows and what it does not know.
User: tell me a story. Assistant: once upon a time there was a river between two mountains.
This is an instruction that describes a task. Write a completion that does what it asks for.
你好，请问今天天气怎么样？我是一个很小的模型。
こんにちは、今日はいい天気ですね。私は小さなモデルです。"""

_UNKNOWN, _CONTROL, _NORMAL, _USER, _BYTE = 2, 3, 1, 4, 6  # piece types of sentencepiece


def write(folder: Path, vocabulary: Vocabulary, context: int) -> None:
    """Write the tokenizer's files as the family's repositories hold them."""
    if vocabulary.kind == "byte-level":
        tokenizer = _byte_level(vocabulary)
    else:
        tokenizer = _with_byte_fallback(vocabulary)
    if vocabulary.kind == "sentencepiece-model":
        (folder / "tokenizer.model").write_bytes(_sentencepiece(tokenizer, vocabulary))
    elif vocabulary.files == "vocab+merges":
        tokenizer.model.save(str(folder))
    else:
        tokenizer.save(str(folder / "tokenizer.json"))
    special = {"bos_token": vocabulary.bos, "eos_token": vocabulary.eos}
    if vocabulary.pad:
        special["pad_token"] = vocabulary.pad
    if "<unk>" in vocabulary.first:
        special["unk_token"] = "<unk>"
    _write_json(folder / "special_tokens_map.json", {k: v for k, v in special.items() if v})
    _write_json(folder / "tokenizer_config.json", _config(vocabulary, special, context, tokenizer))


def _config(
    vocabulary: Vocabulary, special: dict[str, str | None], context: int, tokenizer: Tokenizer
) -> dict[str, Any]:
    decoder = {
        str(i): {
            **{"content": token.content, "special": token.special, "lstrip": token.lstrip},
            **{"rstrip": token.rstrip, "normalized": token.normalized, "single_word": False},
        }
        for i, token in tokenizer.get_added_tokens_decoder().items()
    }
    config: dict[str, Any] = {
        "tokenizer_class": vocabulary.class_name,
        "added_tokens_decoder": decoder,
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
        **special,
    }
    if vocabulary.kind != "byte-level":
        config |= {"add_bos_token": vocabulary.adds_bos, "add_eos_token": False, "legacy": True}
    if vocabulary.template:
        config["chat_template"] = vocabulary.template
    return config


def _byte_level(vocabulary: Vocabulary) -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    split = pre_tokenizers.ByteLevel(add_prefix_space=vocabulary.prefix_space)
    learnt = Tokenizer(models.BPE())
    learnt.pre_tokenizer = split
    pieces, merges = _learn(learnt, vocabulary, alphabet)
    tokenizer = Tokenizer(models.BPE(pieces, merges))
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = decoders.ByteLevel()
    return _finish(tokenizer, vocabulary)


def _with_byte_fallback(vocabulary: Vocabulary) -> Tokenizer:
    learnt = Tokenizer(models.BPE())
    learnt.normalizer = normalizers.Replace(" ", "▁")
    learnt.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    pieces, merges = _learn(learnt, vocabulary, [f"<0x{byte:02X}>" for byte in range(256)])
    tokenizer = Tokenizer(
        models.BPE(pieces, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    steps: list[Any] = [normalizers.Replace(" ", "▁")]
    back: list[Any] = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    if vocabulary.prefix_space:
        steps.insert(0, normalizers.Prepend("▁"))
        back.append(decoders.Strip(" ", 1, 0))
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.decoder = decoders.Sequence(back)
    return _finish(tokenizer, vocabulary)


def _learn(
    learnt: Tokenizer, vocabulary: Vocabulary, base: Iterable[str]
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Ids of all pieces but the last special ones, which follow, and the merges."""
    fixed = [*vocabulary.first, *base]
    size = VOCAB - len(vocabulary.last)
    # A trainer keeps the alphabet whole: what is learnt must fit beside what is fixed.
    trainer = trainers.BpeTrainer(vocab_size=size - len(fixed) + 256, show_progress=False)
    learnt.train_from_iterator(TEXT.splitlines(), trainer)
    model = json.loads(learnt.to_str())["model"]
    pieces = {piece: i for i, piece in enumerate(fixed)}
    merges = []
    for piece in sorted(model["vocab"], key=model["vocab"].get):
        if len(piece) == 1 and len(pieces) < size:
            pieces.setdefault(piece, len(pieces))
    for left, right in model["merges"]:
        if len(pieces) < size and left in pieces and right in pieces:
            pieces.setdefault(left + right, len(pieces))
            merges.append((left, right))
    for i in range(size - len(pieces)):
        pieces[f"filler{i}"] = len(pieces)
    return pieces, merges


def _finish(tokenizer: Tokenizer, vocabulary: Vocabulary) -> Tokenizer:
    for tokens in (vocabulary.first, vocabulary.last):
        tokenizer.add_special_tokens([AddedToken(token, special=True) for token in tokens])
    if vocabulary.adds_bos:
        bos = str(vocabulary.bos)
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A",
            pair=f"{bos} $A {bos} $B",
            special_tokens=[(bos, tokenizer.token_to_id(bos))],
        )
    elif vocabulary.kind == "byte-level":
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    if tokenizer.get_vocab_size() != VOCAB:
        raise ValueError(f"{tokenizer.get_vocab_size()} tokens instead of {VOCAB}")
    return tokenizer


def _sentencepiece(tokenizer: Tokenizer, vocabulary: Vocabulary) -> bytes:
    """A `tokenizer.model`: sentencepiece's ModelProto, written field by field."""
    pieces = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    model = b""
    for piece, i in pieces:
        kind = _NORMAL
        if piece == "<unk>":
            kind = _UNKNOWN
        elif piece in vocabulary.first:
            kind = _CONTROL
        elif piece in vocabulary.last:
            kind = _USER
        elif piece.startswith("<0x"):
            kind = _BYTE
        score = -float(i) if kind == _NORMAL else 0.0
        text = _bytes(1, piece.encode())
        model += _bytes(1, text + _tag(2, 5) + struct.pack("<f", score) + _number(3, kind))
    bpe = 2
    trainer = _number(3, bpe) + _number(4, len(pieces)) + _number(35, 1)
    trainer += _number(40, 0) + _number(41, 1) + _number(42, 2)
    as_it_is = _bytes(1, b"identity") + _number(3, 1) + _number(4, 0) + _number(5, 1)
    return model + _bytes(2, trainer) + _bytes(3, as_it_is)


def _tag(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _number(field: int, value: int) -> bytes:
    return _tag(field, 0) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _tag(field, 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
