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
from training.dialogue import Conversation, Turn, weighted
from training.skills import (
    knowledge,
    limits,
    lists,
    memory,
    memory_cjk,
    poems,
    smalltalk,
    stories,
    text,
    writing,
)

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


def _turn(rng: Random, language: str, *, short: bool = False) -> Turn:
    """One turn of any skill; `short` leaves out what is long, for talk between other turns."""
    if language != "en":
        ask, chat, poem, unknown = _CJK[language]
        return weighted(rng, [(5, ask), (2, chat), (0 if short else 1.2, poem), (1, unknown)])
    long = 0.0 if short else 1.0
    return weighted(
        rng,
        [
            (5, knowledge.english),
            (2.2, smalltalk.english),
            (2.4, limits.english),
            (2.6, text.english),
            (1.5 if short else 3.5, lists.english),
            (0.4, stories.sentence),
            (1.2 * long, stories.story),
            (1.2 * long, poems.english),
            (1.8 * long, writing.english),
        ],
    )


def _english_memory(rng: Random, told: int, between: int) -> list[Turn]:
    """Facts, other talk, questions back; now and then a correction or a fact that was not told."""
    drawn = memory.facts(rng, told + 1)
    known, unknown = drawn[:told], drawn[told]
    opening: list[Turn] = []
    if told >= 2 and rng.random() < 0.25:
        opening.append(memory.told_together(rng, known[0], known[1]))
        opening += [memory.told(rng, fact) for fact in known[2:]]
    else:
        opening = [memory.told(rng, fact) for fact in known]
    if known and rng.random() < 0.1:
        known[-1], turn = memory.corrected(rng, known[-1])
        opening.append(turn)
    turns = _mixed(rng, opening, [_turn(rng, "en", short=True) for _ in range(between)])
    asked = [memory.recalled(rng, fact) for fact in known if rng.random() < 0.9]
    if not known or rng.random() < 0.25:
        asked.insert(rng.randint(0, len(asked)), memory.not_told(rng, unknown))
    return turns + asked


def _cjk_memory(rng: Random, language: str, told: int, between: int) -> list[Turn]:
    """The same in Chinese or Japanese."""
    drawn = memory_cjk.facts(rng, told + 1, language)
    known, unknown = drawn[:told], drawn[told]
    opening = [memory_cjk.told(rng, fact) for fact in known]
    turns = _mixed(rng, opening, [_turn(rng, language, short=True) for _ in range(between)])
    asked = [memory_cjk.recalled(rng, fact) for fact in known if rng.random() < 0.9]
    if not known or rng.random() < 0.25:
        asked.insert(rng.randint(0, len(asked)), memory_cjk.not_told(rng, unknown))
    return turns + asked


def _mixed(rng: Random, first: list[Turn], others: list[Turn]) -> list[Turn]:
    """Both lists interleaved, each in its own order."""
    queue = [first, others]
    order = [0] * len(first) + [1] * len(others)
    rng.shuffle(order)
    iterators = [iter(turns) for turns in queue]
    return [next(iterators[which]) for which in order]


def _memory_turns(rng: Random, language: str) -> list[Turn]:
    told, between = rng.choice((0, 1, 1, 1, 2, 2, 3)), rng.choice((0, 0, 1, 1, 2, 3, 4))
    if language == "en":
        return _english_memory(rng, told, between)
    return _cjk_memory(rng, language, told, between)


def _single(rng: Random, language: str) -> list[Turn]:
    return [_turn(rng, language)]


def _several(rng: Random, language: str) -> list[Turn]:
    return [_turn(rng, language) for _ in range(rng.randint(2, 4))]


def _drill(rng: Random, language: str) -> list[Turn]:
    """Copying of new words in quick succession: the cheapest way to learn to remember."""
    if language != "en":
        return _cjk_memory(rng, language, rng.randint(1, 3), 0)
    kind = rng.random()
    if kind < 0.35:
        return _english_memory(rng, rng.randint(1, 3), 0)
    if kind < 0.8:
        return [text.repeat(rng) for _ in range(rng.randint(1, 3))]
    return [text.english(rng) for _ in range(rng.randint(1, 3))]


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
    (3.0, _single), (2.0, _several), (4.0, _memory_turns), (0.8, _drill),
]  # fmt: skip


def conversation(rng: Random, drill: float = 0.0) -> Conversation:
    """One conversation of usual length (a few hundred tokens at most).

    A share of `drill` of them are copying drills, beyond those that always come: what the trainer
    asks for until the model can copy at all.
    """
    language = rng.choices(("en", "zh", "ja"), (70, 15, 15))[0]
    weights, shapes = zip(*_SHAPES, strict=True)
    shape: Callable[[Random, str], list[Turn]] = rng.choices(shapes, weights)[0]
    drilled = rng.random() < drill
    system = None if drilled else _system(rng, language)
    made = Conversation(system, tuple((_drill if drilled else shape)(rng, language)))
    return made if _clean(made) else conversation(rng, drill)


def long_conversation(rng: Random, turns: int) -> Conversation:
    """A conversation of many turns, whose facts are asked for again much later.

    The trainer cuts it where its window ends, so the distance between telling and asking spreads
    over the whole context.
    """
    made: list[Turn] = []
    known: list[memory.Fact] = []
    for fact in memory.facts(rng, 12):
        made.append(memory.told(rng, fact))
        known.append(fact)
        made += [_turn(rng, "en") for _ in range(rng.randint(0, 3))]
        made += [memory.recalled(rng, rng.choice(known)) for _ in range(rng.randint(1, 2))]
        if len(made) >= turns:
            break
    whole = Conversation(_system(rng, "en"), tuple(made[:turns]))
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
