"""Makes small OpenVINO tokenizers; a process of its own, since it imports transformers whole.

    python -m tests.inference.make_tokenizers FOLDER

`FOLDER/converted` is converted from a byte-level `tokenizer.json` that stays beside it.
`FOLDER/sentencepiece` is made of SentencePiece's own operations, as those of tokenizers without
one are, and adds a beginning-of-text token that cannot be turned off.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
import openvino
from openvino_tokenizers import _get_factory, convert_tokenizer
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

opset = openvino.opset15


def make_converted(folder: Path) -> None:
    pieces = ["<unk>", "<s>", "</s>", *sorted(pre_tokenizers.ByteLevel.alphabet()), "he", "or"]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[("h", "e"), ("o", "r")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([AddedToken("<think>", special=False)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        clean_up_tokenization_spaces=False,
        **{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
    )
    fast.save_pretrained(folder)
    save(folder, *convert_tokenizer(fast, with_detokenizer=True))


def make_sentencepiece(folder: Path) -> None:
    model = np.frombuffer(sentencepiece_model(), dtype=np.uint8)
    text = opset.parameter([-1], openvino.Type.string)
    create = _get_factory().create
    settings = {"add_bos": True, "add_eos": False, "reverse": False, "alpha": 1.0, "nbest_size": 1}
    pieces = create("SentencepieceTokenizer", [opset.constant(model), text.output(0)], settings)
    indices, values, shape = pieces.outputs()
    empty = opset.broadcast(opset.constant(np.int32(0)), shape)
    ids = create("ScatterNDUpdate", [empty.output(0), indices, values])
    mask = opset.broadcast(opset.constant(np.int64(1)), shape)
    outputs = {"input_ids": opset.convert(ids, "i64"), "attention_mask": mask}
    for name, node in outputs.items():
        node.output(0).tensor.set_names({name})
    encoder = openvino.Model([n.output(0) for n in outputs.values()], [text], "tokenizer")
    tokens = opset.parameter([-1, -1], openvino.Type.i64)
    short = opset.convert(tokens, "i32")
    decoded = create("SentencepieceDetokenizer", [opset.constant(model), short.output(0)])
    valid = create("UTF8Validate", decoded.outputs(), {"replace_mode": True})
    texts = opset.string_tensor_pack(*valid.outputs())
    texts.output(0).tensor.add_names({"string_output"})
    save(folder, encoder, openvino.Model([texts.output(0)], [tokens], "detokenizer"))
    known = {i: {"content": t, "special": True} for i, t in enumerate(("<unk>", "<s>", "</s>"))}
    config = {"added_tokens_decoder": known, "bos_token": "<s>", "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def save(folder: Path, encoder: openvino.Model, decoder: openvino.Model) -> None:
    openvino.save_model(encoder, folder / "openvino_tokenizer.xml")
    openvino.save_model(decoder, folder / "openvino_detokenizer.xml")


def sentencepiece_model() -> bytes:
    """SentencePiece's ModelProto by hand: three control pieces, the bytes, some letters, a word."""
    pieces = [("<unk>", 2), ("<s>", 3), ("</s>", 3)]
    pieces += [(f"<0x{byte:02X}>", 6) for byte in range(256)]
    pieces += [(letter, 1) for letter in ("▁", *"helo", "▁h", "▁he")]
    model = b"".join(
        field(1, field(1, text.encode()) + b"\x15" + struct.pack("<f", -i) + bytes([0x18, kind]))
        for i, (text, kind) in enumerate(pieces)
    )
    byte_pairs, byte_fallback = bytes([0x18, 2]), bytes([0x98, 0x02, 1])
    keep_spaces = bytes([0x20, 0])
    return model + field(2, byte_pairs + byte_fallback) + field(3, keep_spaces)


def field(number: int, content: bytes) -> bytes:
    """A length-delimited field of a protocol buffer, below 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


if __name__ == "__main__":
    for name, make in (("converted", make_converted), ("sentencepiece", make_sentencepiece)):
        target = Path(sys.argv[1]) / name
        target.mkdir()
        make(target)
