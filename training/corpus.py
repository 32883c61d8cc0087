"""The corpus: conversations made from a seed, with nothing downloaded and nothing stored.

Contract: `conversation(Random(seed))` is a function of the seed alone. No conversation contains a
held-out string (`training.words.HELD_OUT`). Skills supply turns; this module only decides which
turns follow each other, in which language and under which system prompt.

    python -m training.corpus --seed 1 --count 5     # print a sample
"""

import argparse
from collections.abc import Callable, Iterator
from random import Random

from training import words
from training.dialogue import Conversation, Skill, Turn, weighted
from training.skills import (
    arithmetic,
    calendar,
    facts,
    knowledge,
    limits,
    lists,
    memory,
    memory_cjk,
    memory_near,
    poems,
    smalltalk,
    stories,
    system,
    text,
    writing,
)
from training.skills.memory_turns import remarked

DEFAULT_SYSTEM = {
    "en": "You are a helpful, honest assistant.",
    "zh": "你是一个乐于助人、诚实可靠的助手。",
    "ja": "あなたは親切で誠実なアシスタントです。",
}
_OTHER_SYSTEM = {
    "en": (
        "You are a helpful assistant.",
        "You are VinoChat's assistant.",
        "You are a friendly assistant. Keep your answers short.",
        "Answer truthfully and briefly.",
        "You are a kind and honest assistant.",
        "Be helpful.",
        "Be concise.",
        "You are an AI assistant that answers politely.",
    ),
    "zh": ("你是一个有用的助手。", "你是一个友好的助手，请简短回答。", "请诚实地回答问题。"),
    "ja": (
        "あなたは役に立つアシスタントです。",
        "あなたは親切なアシスタントです。短く答えてください。",
        "正直に答えてください。",
    ),
}
_CJK = {
    "zh": (knowledge.chinese, smalltalk.chinese, poems.chinese, limits.chinese),
    "ja": (knowledge.japanese, smalltalk.japanese, poems.japanese, limits.japanese),
}


_ENGLISH: list[tuple[float, Skill]] = [
    (4.5, knowledge.english), (2.2, smalltalk.english), (2.0, limits.english), (6.0, text.english),
    (1.8, arithmetic.english), (2.0, facts.english), (1.6, lists.english), (0.3, stories.sentence),
    (1.0, remarked),
]  # fmt: skip
_LONG: list[tuple[float, Skill]] = [
    (0.3, stories.story), (0.4, poems.english), (0.7, writing.english),
]  # fmt: skip

_FREELY = 0.3  # the share of conversations with facts in which they are told in free words

# What can only be known by heart.
_LEARNED: list[tuple[float, Skill]] = [(3.0, facts.english), (1.0, calendar.english)]


def _turn(rng: Random, language: str, *, short: bool = False) -> Turn:
    """One turn of any skill; `short` leaves out what is long, for talk between other turns."""
    if language != "en":
        ask, chat, poem, unknown = _CJK[language]
        return weighted(rng, [(5, ask), (2, chat), (0 if short else 0.8, poem), (1, unknown)])
    return weighted(rng, _ENGLISH if short else _ENGLISH + _LONG)


def _memory_turns(rng: Random, language: str) -> list[Turn]:
    """Facts told and asked back, with none to eight turns of other talk between."""
    told, between = rng.choice((0, 1, 1, 1, 2, 2, 3, 4)), rng.choice((0, 0, 1, 1, 2, 2, 3, 4, 6, 8))
    return _remembered(rng, language, told, between)


def _remembered(rng: Random, language: str, told: int, between: int) -> list[Turn]:
    def other(rng: Random) -> Turn:
        return _turn(rng, language, short=True)

    if language == "en":
        if told and rng.random() < _FREELY:
            told_freely, asked = memory_near.answered(rng, between, other)
            return told_freely + asked
        return memory.turns(rng, told, between, other)
    return memory_cjk.turns(rng, language, told, between, other)


def _single(rng: Random, language: str) -> list[Turn]:
    return [_turn(rng, language)]


def _several(rng: Random, language: str) -> list[Turn]:
    return [_turn(rng, language) for _ in range(rng.randint(2, 4))]


def _copying(rng: Random, language: str) -> list[Turn]:
    """Copying of new words in quick succession: the cheapest way to learn to remember."""
    if language == "en" and rng.random() < 0.5:
        return [text.repeat(rng) for _ in range(rng.randint(1, 3))]
    return _remembered(rng, language, rng.randint(1, 3), 0)


def _drill(rng: Random, language: str) -> list[Turn]:
    """Many short turns of one skill: where an answer's every token has to be worked out."""
    if language != "en":
        return _copying(rng, language)
    kind = rng.random()
    if kind < 0.42:
        return text.drill(rng)
    if kind < 0.6:
        return arithmetic.drill(rng)
    if kind < 0.79:
        follow = rng.choice((facts.followed, arithmetic.followed, knowledge.followed))
        short = follow(rng) if rng.random() < 0.5 else []
        return short + [weighted(rng, _LEARNED) for _ in range(rng.randint(3, 7))]
    if kind < 0.96:
        return memory.anew(rng)
    return _copying(rng, language)


def _system(rng: Random, language: str) -> str | None:
    draw = rng.random()
    if draw < 0.4:
        return None
    if draw < 0.75:
        return DEFAULT_SYSTEM[language]
    if draw < 0.95:
        return rng.choice(_OTHER_SYSTEM[language])
    return DEFAULT_SYSTEM[rng.choice(list(DEFAULT_SYSTEM))]


def _clean(conversation: Conversation) -> bool:
    whole = "\n".join(message["content"] for message in conversation.messages).lower()
    return not any(held.lower() in whole for held in words.HELD_OUT)


_SHAPES: list[tuple[float, Callable[[Random, str], list[Turn]]]] = [
    (2.5, _single), (2.0, _several), (5.5, _memory_turns), (2.5, _drill),
]  # fmt: skip
_STYLED = 0.18  # the share of conversations with a system prompt that changes the answers


def conversation(rng: Random) -> Conversation:
    """One conversation of usual length (a few hundred tokens at most)."""
    made = _conversation(rng)
    return made if _clean(made) else conversation(rng)


def _conversation(rng: Random) -> Conversation:
    language = rng.choices(("en", "zh", "ja"), (82, 9, 9))[0]
    if rng.random() < _STYLED:
        return system.conversation(rng)
    weights, shapes = zip(*_SHAPES, strict=True)
    shape: Callable[[Random, str], list[Turn]] = rng.choices(shapes, weights)[0]
    return Conversation(_system(rng, language), tuple(shape(rng, language)))


def long_conversation(rng: Random, turns: int) -> Conversation:
    """A conversation of many turns, whose facts are asked for again much later.

    The trainer cuts it where its window ends, so the distance between telling and asking spreads
    over the whole context.
    """
    made = memory.long_turns(rng, turns, lambda rng: _turn(rng, "en", short=True))
    whole = Conversation(_system(rng, "en"), tuple(made))
    return whole if _clean(whole) else long_conversation(rng, turns)


def conversations(seed: int) -> Iterator[Conversation]:
    """An endless stream; the n-th item depends on the seed and n only."""
    index = 0
    while True:
        yield conversation(Random(f"{seed}-{index}"))
        index += 1


def main() -> None:
    """Print a sample, to read what the model will read."""
    parser = argparse.ArgumentParser(description="Print conversations of the corpus.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=5)
    options = parser.parse_args()
    for _, made in zip(range(options.count), conversations(options.seed), strict=False):
        for message in made.messages:
            print(f"{message['role']}: {message['content']}")
        print("-" * 20)


if __name__ == "__main__":
    main()
