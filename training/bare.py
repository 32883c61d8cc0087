"""Rows without whole conversations: what carries weight is what has to be learned.

Contract: each function makes one segment of a row. Copying is behind remembering and behind most
instructions on text, letters behind spelling and capitals. In conversations a few tokens in a
hundred teach these; here a fifth to three quarters do.
"""

from collections.abc import Callable
from random import Random

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from training import tokenizer as tokenizers
from training.dialogue import Conversation, Skill, Turn, weighted
from training.skills import (
    arithmetic,
    calendar,
    facts,
    knowledge,
    limits,
    lists,
    memory,
    smalltalk,
    system,
    text,
    writing,
)
from training.skills.memory_lines import keyed, noted_down
from training.skills.memory_near import keyed_near, noted_near
from training.skills.memory_turns import remarked
from training.skills.text_words import counted, one_word
from training.tokenizer import Encoded

_Line = tuple[str, str, Tokenizer | None]  # a given, its result, and the result's own tokenizer

_WAYS: dict[str, Callable[[str], str]] = {
    "hyphens": "-".join,
    "capitals": str.upper,
    "small": str.lower,
    "spaces": " ".join,
    "backwards": lambda word: word[::-1],
}
_HOW_OFTEN = (5, 5, 3, 1, 1)
HOW_OFTEN_ASKED = (1, 1, 3, 3, 4)  # in how many wordings each of the facts to be read is asked for

# Skills whose answers are known by heart once it is clear what is meant, and beside them what could
# be mistaken for one of these: "400 + 760" is no sum that is too large. Of a poem or a story, the
# opening is mostly chance.
_UNDERSTOOD: list[tuple[float, Skill]] = [
    (10, knowledge.english), (2.5, knowledge.chinese), (2.5, knowledge.japanese),
    (1.5, smalltalk.english), (0.3, smalltalk.chinese), (0.3, smalltalk.japanese),
    (2, limits.english), (0.4, limits.chinese), (0.4, limits.japanese), (3, writing.english),
    (2.5, arithmetic.english), (2, facts.english), (2.5, text.english), (3, memory.noticed),
]  # fmt: skip
_BRIEF: list[tuple[float, Skill]] = [
    (5, facts.english), (1.5, calendar.english), (3, arithmetic.compare),
    (1, arithmetic.neighbour), (2, arithmetic.calculate), (1, lists.english),
]  # fmt: skip
# Among facts and questions for them: nothing of it was told, and all of it is answered as ever.
_AMONG: list[tuple[float, Skill]] = [
    (2, limits.english), (1, knowledge.english), (1, smalltalk.english), (2, facts.english),
    (1.5, arithmetic.english), (1, text.english), (3, remarked),
]  # fmt: skip
_FREELY = 0.4  # the share of keys for facts that are told in free words
_STYLED_FREELY = 0.4  # the share of system prompts that are not drilled
_WHOLE = 0.4  # the share of Chinese and Japanese answers that are not cut behind their opening
_OPENING = 6  # tokens of an answer after which hardly two of them are still the same


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
    return Encoded(ids, [count if one else 0 for one in known])


def spellings(rng: Random, tokenizer: PreTrainedTokenizerFast, spelling: Tokenizer) -> Encoded:
    """Words, each followed by its letters: "stone s-t-o-n-e" or "stone STONE"; small letters come
    one by one, whatever tokens the word could be."""
    kind = rng.choices(list(_WAYS), _HOW_OFTEN)[0]
    apart = spelling if kind in ("small", "backwards") else None
    lines: list[_Line] = []
    for _ in range(rng.randint(4, 16)):
        word = one_word(rng)
        shown = word.upper() if kind == "small" else word
        lines.append((f" {shown}", f" {_WAYS[kind](word)}", apart))
    return _lines(tokenizer, lines)


def sums(rng: Random, tokenizer: PreTrainedTokenizerFast) -> Encoded:
    """Sums, differences and products; the results carry weight."""
    lines: list[_Line] = []
    for _ in range(rng.randint(6, 24)):
        sign = rng.choice("++++---x")
        left, right = arithmetic.problem(rng, sign)
        asked, _, result = arithmetic.solved(left, sign, right).rpartition(" ")
        lines.append((f" {asked}", f" {result}", None))
    return _lines(tokenizer, lines)


def counts(rng: Random, tokenizer: PreTrainedTokenizerFast) -> Encoded:
    """Texts and how many words they have; the numbers carry weight."""
    lines: list[_Line] = []
    for _ in range(rng.randint(4, 16)):
        text = counted(rng)
        lines.append((f" {text} =", f" {len(text.split())}", None))
    return _lines(tokenizer, lines)


def instructions(rng: Random, tokenizer: PreTrainedTokenizerFast, spelling: Tokenizer) -> Encoded:
    """Instructions on text, short or in whole sentences; the results carry weight."""
    draw = rng.choice((text.short_drill, text.drill))
    return _turns(tokenizer, spelling, draw(rng))


def questions(rng: Random, tokenizer: PreTrainedTokenizerFast, spelling: Tokenizer) -> Encoded:
    """Facts, dates, comparisons and lists, some that need the one before; the answers carry
    weight."""
    turns: list[Turn] = []
    for _ in range(rng.randint(5, 14)):
        followed = rng.choice((facts.followed, arithmetic.followed))
        turns += followed(rng) if rng.random() < 0.25 else [weighted(rng, _BRIEF)]
    return _turns(tokenizer, spelling, turns)


def styled(rng: Random, tokenizer: PreTrainedTokenizerFast, spelling: Tokenizer) -> Encoded:
    """A system prompt and facts or whole turns that follow it; the answers carry weight."""
    drawn = system.conversation(rng) if rng.random() < _STYLED_FREELY else system.drill(rng)
    order = _read(tokenizer, [drawn.system] if drawn.system else [])
    made = _turns(tokenizer, spelling, list(drawn.turns))
    return Encoded(order.ids + made.ids, order.own + made.own)


def notes(rng: Random, tokenizer: PreTrainedTokenizerFast, spelling: Tokenizer) -> Encoded:
    """Facts one below the other and many questions for them, side by side; the answers carry
    weight."""
    told, asked = rng.choice((noted_down, noted_near))(rng)
    branches = [_turns(tokenizer, spelling, [turn]) for turn in asked]
    return tokenizers.branched(_read(tokenizer, told), branches)


def keys(rng: Random, tokenizer: PreTrainedTokenizerFast) -> Encoded:
    """Facts and their keys, side by side; the values carry weight."""
    told, pairs = (keyed_near if rng.random() < _FREELY else keyed)(rng)
    branches = [_lines(tokenizer, [(f" {key}:", f" {value}", None)]) for key, value in pairs]
    return tokenizers.branched(_read(tokenizer, told), branches)


def _read(tokenizer: PreTrainedTokenizerFast, lines: list[str]) -> Encoded:
    """Lines that are only there to be read."""
    text = "".join(f" {line}\n" for line in lines)
    ids = tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids
    return Encoded(ids, [0] * len(ids))


def between(rng: Random) -> Turn:
    """A turn that stands among facts and questions for them."""
    return weighted(rng, _AMONG)


def recalls(rng: Random, tokenizer: PreTrainedTokenizerFast, spelling: Tokenizer) -> Encoded:
    """Facts and other talk to be read, and questions, in most segments many of them side by side;
    only the answers carry weight."""

    def encoded(*turns: Turn) -> Encoded:
        return tokenizers.encode(tokenizer, spelling, Conversation(None, turns))

    often = rng.choice(HOW_OFTEN_ASKED)
    read, asked = memory.to_read(rng, between, often)
    if often == 1:
        return encoded(*read, *asked)
    return tokenizers.branched(encoded(*read), [encoded(turn) for turn in asked if not turn.heard])


def opening(rng: Random, tokenizer: PreTrainedTokenizerFast, spelling: Tokenizer) -> Encoded:
    """A question and the first words of its answer, which alone show that it was understood; at
    times all of a Chinese or Japanese one, since conversations in these are few."""
    turn = weighted(rng, _UNDERSTOOD)
    ids, own, _ = tokenizers.encode(tokenizer, spelling, Conversation(None, (turn,)))
    if max(turn.assistant) > "\u3000" and rng.random() < _WHOLE:
        return _weighed(ids, [length > 0 for length in own])
    end = next(at for at, length in enumerate(own) if length) + _OPENING
    ids, own = ids[:end], own[:end]
    return _weighed(ids, [length > 0 for length in own])


def _turns(tokenizer: PreTrainedTokenizerFast, spelling: Tokenizer, turns: list[Turn]) -> Encoded:
    """Turns without a template around them: most of them in the fewest tokens."""
    lines: list[_Line] = [
        (f" {turn.user}\n", f" {turn.assistant}", spelling if turn.spelled else None)
        for turn in turns
    ]
    return _lines(tokenizer, lines)


def _lines(tokenizer: PreTrainedTokenizerFast, lines: list[_Line]) -> Encoded:
    """Givens and results, a line break behind each result; the results carry weight, each by its
    own length."""
    backend = tokenizer.backend_tokenizer
    ids: list[int] = []
    own: list[int] = []
    for given, result, apart in lines:
        before = backend.encode(given, add_special_tokens=False).ids
        behind = (apart or backend).encode(f"{result}\n", add_special_tokens=False).ids
        ids += before + behind
        own += [0] * len(before) + [len(behind)] * len(behind)
    return Encoded(ids, own)
