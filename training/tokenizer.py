"""The tokenizer: byte-level BPE over the corpus, with digits and CJK characters on their own.

Contract: any text round-trips exactly, but for one space at its start, which decoding leaves out,
and the control character DEL. A word is cut the same way behind a space and behind the marks of
`_WORD_WITHOUT_SPACE`, and each Chinese or Japanese character is cut off from its neighbours,
because remembering a name means copying its tokens. Words are known with the space before them. So
the template puts a space before every message, and a word behind a quotation mark, a comma or a
line break is given a space, and before it DEL, which says that the space is not there.
`encode` yields what the chat template yields, with a mask of the tokens that the model itself
writes.

    python -m training.tokenizer                     # train and save it
"""

import argparse
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from training.corpus import conversations
from training.dialogue import Conversation

DEFAULT_FOLDER = Path("training/runs/tokenizer")
VOCABULARY = 2560
END_OF_TEXT, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CONTEXT = 2048
BRANCHES = 256  # segments are numbered in steps of so many; what is left is a branch, 0 for none

# Both Oniguruma (tokenizers) and PCRE2 (openvino_tokenizers) read this the same way. A capital that
# no small letter follows stands alone: "STONE" is its letters, so that upper case is spelling.
_CJK = r"\p{Han}\p{Hiragana}\p{Katakana}"
_SPLIT = (
    r"'(?:[sdmt]|ll|ve|re)\b"
    rf"|[{_CJK}ー]"
    r"|\p{N}"
    r"| ?\p{Lu}?\p{Ll}+"
    r"| ?\p{Lu}"
    rf"| ?[^\s\p{{N}}\p{{P}}\p{{S}}\p{{Lu}}\p{{Ll}}{_CJK}]+"
    r"| ?[\p{P}\p{S}]+"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Where a word begins without a space, and not inside another word ("it's", "top-p", "a.py"). DEL is
# one byte, so one token, and may stand in a JSON string, unlike other control characters.
_MARKER = "\x7f"
_WORD_WITHOUT_SPACE = (
    rf"(?:(?<=[\n\t\u3000\"“”‘«„(`\[{{<>=*,;:|!?–—…、。，：；！？「」『』（）【】《》〜～・ー{_CJK}])"
    r"|(?<=[\s\"(\[{<=:,—]['’]))(?=[\p{Lu}\p{Ll}])"
)
TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + ' ' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant' }}{% endif %}"
)


class Encoded(NamedTuple):
    """A segment of a row: token ids; for each the length of what it belongs to, by which it is
    weighed, or 0 where it carries no weight; and the branch that it stands in, 0 for the stem that
    all branches see. Without `branches` there is only a stem."""

    ids: list[int]
    own: list[int]
    branches: Sequence[int] = ()


def train(seed: int, count: int) -> PreTrainedTokenizerFast:
    """Learn the merges from `count` conversations."""
    bpe = Tokenizer(models.BPE())
    bpe.normalizer = normalizers.Replace(Regex(_WORD_WITHOUT_SPACE), f"{_MARKER} ")
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    # The second takes a marker alone, at the end of what has been streamed so far.
    unmarked = [decoders.Replace(marker, "") for marker in (f"{_MARKER} ", _MARKER)]
    bpe.decoder = decoders.Sequence([decoders.ByteLevel(), *unmarked, decoders.Strip(" ", 1, 0)])
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END_OF_TEXT, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = (
        f"{message['role']} {message['content']}"
        for made in islice(conversations(seed), count)
        for message in made.messages
    )
    bpe.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=bpe,
        eos_token=END,
        pad_token=END_OF_TEXT,
        additional_special_tokens=[START],
        clean_up_tokenization_spaces=False,
        model_max_length=CONTEXT,
        chat_template=TEMPLATE,
    )


def load(folder: Path) -> PreTrainedTokenizerFast:
    """The saved tokenizer."""
    loaded: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(folder)
    return loaded


def letters(tokenizer: PreTrainedTokenizerFast) -> Tokenizer:
    """The same vocabulary without merges of letters: each is a token of its own."""
    spelling = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    spelling.model.dropout = 1.0
    return spelling


def encode(tokenizer: PreTrainedTokenizerFast, spelling: Tokenizer, made: Conversation) -> Encoded:
    """A conversation's tokens; those of prompts and of what was only heard carry no weight, and the
    token that ends a completion belongs to it."""
    backend = tokenizer.backend_tokenizer
    start, end = (tokenizer.convert_tokens_to_ids(token) for token in (START, END))
    messages = made.messages
    heads = backend.encode_batch([m["role"] for m in messages], add_special_tokens=False)
    contents = [" " + message["content"] for message in messages]
    bodies = backend.encode_batch(contents, add_special_tokens=False)
    line = backend.encode("\n", add_special_tokens=False).ids
    system = [False] * (len(messages) - 2 * len(made.turns))
    spelled = system + [own and turn.spelled for turn in made.turns for own in (False, True)]
    learned = system + [own and not turn.heard for turn in made.turns for own in (False, True)]
    ids: list[Any] = []
    lengths: list[int] = []
    for content, head, body, apart, own_words in zip(
        contents, heads, bodies, spelled, learned, strict=True
    ):
        tokens = spelling.encode(content).ids if apart else body.ids
        own = len(tokens) + 1 if own_words else 0
        ids += [start, *head.ids, *tokens, end, *line]
        lengths += [0] * (1 + len(head.ids)) + [own] * (len(tokens) + 1) + [0] * len(line)
    return Encoded(ids, lengths)


def branched(stem: Encoded, branches: Sequence[Encoded]) -> Encoded:
    """What each branch says right behind the stem, side by side: none sees another. The first token
    of a branch carries no weight, since in the row it follows another branch.

    Raises ValueError for more branches than a segment can number.
    """
    if len(branches) >= BRANCHES:
        raise ValueError(f"{len(branches)} branches; a segment holds {BRANCHES - 1} at most.")
    ids, own = list(stem.ids), list(stem.own)
    numbers = [0] * len(ids)
    for number, branch in enumerate(branches, 1):
        ids += branch.ids
        own += branch.own
        numbers += [number] * len(branch.ids)
    return Encoded(ids, own, numbers)


def main() -> None:
    """Train on a sample of the corpus and save."""
    parser = argparse.ArgumentParser(description="Train the tokenizer of the built-in model.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=40_000)
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER)
    options = parser.parse_args()
    tokenizer = train(options.seed, options.count)
    tokenizer.save_pretrained(options.out)
    print(f"{len(tokenizer)} tokens in {options.out}")


if __name__ == "__main__":
    main()
