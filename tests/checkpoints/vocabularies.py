"""The families' tokenizers: kind, special tokens and their places, chat template."""

from dataclasses import dataclass
from typing import Any, Literal

from tests.checkpoints import templates

VOCAB = 512


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A tokenizer: which kind, and its special tokens at the beginning and at the end."""

    kind: Literal["byte-level", "sentencepiece", "sentencepiece-model"]
    class_name: str
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    bos: str | None = None
    eos: str | None = None
    pad: str | None = None
    adds_bos: bool = False
    prefix_space: bool = False
    template: str | None = None
    files: Literal["tokenizer.json", "vocab+merges"] = "tokenizer.json"


def llama_words(template: str | None = None, **own: Any) -> Vocabulary:
    first = {"first": ("<unk>", "<s>", "</s>"), "bos": "<s>", "eos": "</s>", "adds_bos": True}
    tokens = {"kind": "sentencepiece", "class_name": "LlamaTokenizer", "prefix_space": True}
    return Vocabulary(**{**first, **tokens, "template": template, **own})


def neox_words(*last: str, template: str | None = None) -> Vocabulary:
    end = "<|endoftext|>"
    first = (end, "<|padding|>")
    return Vocabulary(
        "byte-level", "GPTNeoXTokenizer", first, last, bos=end, eos=end, template=template
    )


def chatml_words(class_name: str, *, eos: str, bos: str | None = None) -> Vocabulary:
    last = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    pad = "<|endoftext|>"
    return Vocabulary("byte-level", class_name, (), last, bos, eos, pad, template=templates.CHATML)


LLAMA_3 = Vocabulary(
    *("byte-level", "PreTrainedTokenizerFast", ()),
    last=(
        *("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>"),
        "<|eot_id|>",
    ),
    bos="<|begin_of_text|>",
    eos="<|end_of_text|>",
    adds_bos=True,
    template=templates.LLAMA_3,
)
GEMMA = Vocabulary(
    *("sentencepiece", "GemmaTokenizer", ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>")),
    last=("<start_of_turn>", "<end_of_turn>"),
    bos="<bos>",
    eos="<eos>",
    pad="<pad>",
    adds_bos=True,
    template=templates.GEMMA,
)
PHI_3 = llama_words(
    templates.PHI_3,
    last=("<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>"),
    eos="<|endoftext|>",
    pad="<|endoftext|>",
)
PHI_2 = Vocabulary(
    *("byte-level", "CodeGenTokenizer", ()),
    last=("<|endoftext|>",),
    bos="<|endoftext|>",
    eos="<|endoftext|>",
)
BLENDERBOT = Vocabulary(
    *("byte-level", "BlenderbotTokenizer", ("<pad>", "<s>", "</s>", "<unk>")),
    last=("<mask>",),
    bos="<s>",
    eos="</s>",
    pad="<pad>",
    prefix_space=True,
    files="vocab+merges",
)
