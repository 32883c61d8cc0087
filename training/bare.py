"""Rows without conversation: what can be learned apart from all wordings, with little around it.

Contract: each function makes one segment of a row, token ids and for each the length of what it
belongs to, or 0 where it carries no weight, as `tokenizer.encode` does. Copying is behind
remembering and behind most instructions on text, and letters are behind spelling and capitals: in
conversations a few tokens in a hundred teach them, here nearly all do.
"""

from collections.abc import Callable
from random import Random

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from training.skills import arithmetic
from training.skills.text_words import one_word

Encoded = tuple[list[int], list[int]]

_WAYS: dict[str, Callable[[str], str]] = {
    "hyphens": "-".join,
    "capitals": str.upper,
    "small": str.lower,
    "spaces": " ".join,
    "backwards": lambda word: word[::-1],
}
_HOW_OFTEN = (5, 5, 3, 1, 1)


def copies(rng: Random, tokens: range) -> Encoded:
    """Random words of random tokens, again and again; what is known from before carries weight."""
    made = [rng.choices(tokens, k=rng.randint(1, 5)) for _ in range(rng.randint(2, 30))]
    if rng.random() < 0.5:  # all once more
        once = [token for word in made for token in word]
        return _weighed(once + once, [False] * (len(once) + 1) + [True] * (len(once) - 1))
    ids: list[int] = []
    known: list[bool] = []
    seen = set[int]()
    for at in rng.choices(range(len(made)), k=rng.randint(2, 4) * len(made)):
        ids += made[at]
        known += [False] + [at in seen] * (len(made[at]) - 1)
        seen.add(at)
    return _weighed(ids, known)


def _weighed(ids: list[int], known: list[bool]) -> Encoded:
    count = sum(known)
    return ids, [count if one else 0 for one in known]


def spellings(rng: Random, tokenizer: PreTrainedTokenizerFast, spelling: Tokenizer) -> Encoded:
    """Words, each followed by its letters: "stone s-t-o-n-e" or "stone STONE"; small letters come
    one by one, whatever tokens the word could be."""
    kind = rng.choices(list(_WAYS), _HOW_OFTEN)[0]
    lines = []
    for _ in range(rng.randint(4, 16)):
        word = one_word(rng)
        shown = word.upper() if kind == "small" else word
        lines.append((f" {shown}", f" {_WAYS[kind](word)}"))
    return _lines(tokenizer, lines, spelling if kind in ("small", "backwards") else None)


def sums(rng: Random, tokenizer: PreTrainedTokenizerFast) -> Encoded:
    """Sums, differences and products; the results carry weight."""
    lines = []
    for _ in range(rng.randint(6, 24)):
        sign = rng.choice("+++---xx")
        left, right = arithmetic.problem(rng, sign)
        asked, _, result = arithmetic.solved(left, sign, right).rpartition(" ")
        lines.append((f" {asked}", f" {result}"))
    return _lines(tokenizer, lines)


def _lines(
    tokenizer: PreTrainedTokenizerFast,
    lines: list[tuple[str, str]],
    spelling: Tokenizer | None = None,
) -> Encoded:
    """A given and a result a line; the results carry weight, each by its own length."""
    backend = tokenizer.backend_tokenizer
    ids: list[int] = []
    own: list[int] = []
    for given, result in lines:
        before = backend.encode(given, add_special_tokens=False).ids
        behind = (spelling or backend).encode(f"{result}\n", add_special_tokens=False).ids
        ids += before + behind
        own += [0] * len(before) + [len(behind)] * len(behind)
    return ids, own
