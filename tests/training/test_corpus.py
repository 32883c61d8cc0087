"""The corpus is fixed by its seed and never shows what evaluation asks for."""

import re
from itertools import islice
from random import Random

from training import words
from training.cases import cases
from training.corpus import conversations, long_conversation
from training.skills import knowledge, limits


def test_same_seed_same_corpus() -> None:
    first = list(islice(conversations(7), 200))
    assert first == list(islice(conversations(7), 200))
    assert first != list(islice(conversations(8), 200))


def test_long_conversations_are_fixed_by_their_seed_too() -> None:
    assert long_conversation(Random("a"), 40) == long_conversation(Random("a"), 40)


def test_held_out_words_never_occur() -> None:
    made = [
        *islice(conversations(11), 4000),
        *(long_conversation(Random(n), 60) for n in range(40)),
    ]
    text = "\n".join(message["content"] for talk in made for message in talk.messages).lower()
    assert not [held for held in words.HELD_OUT if held.lower() in text]


def _alike(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


def test_what_is_evaluated_is_worded_as_nothing_in_the_corpus_is() -> None:
    skills = (
        knowledge.english, knowledge.chinese, knowledge.japanese,
        limits.english, limits.chinese, limits.japanese,
    )  # fmt: skip
    made = {_alike(skill(Random(seed)).user) for skill in skills for seed in range(15_000)}
    written = (
        message
        for language in ("en", "zh", "ja")
        for intent in knowledge.intents(language)
        for message in intent["messages"]
    )
    made |= {_alike(message) for message in written}
    kinds = ("app", "app zh/ja", "limits")
    asked = [case.messages[-1]["content"] for case in cases() if case.skill in kinds]
    assert len(asked) > 150
    assert not [text for text in asked if _alike(text) in made]


def test_names_are_endless_and_leave_out_the_held_out_share() -> None:
    rng = Random(1)
    names = [words.name(rng) for _ in range(5000)]
    assert len(set(names)) > 2500
    made_up = set(names).difference(words.FIRST_NAMES)
    assert not [name for name in made_up if words.is_held_out(name)]
    assert words.is_held_out("Zelmira")
    assert words.is_held_out("zelmira")


def test_every_completion_says_something() -> None:
    for talk in islice(conversations(3), 1000):
        for turn in talk.turns:
            assert turn.user.strip()
            assert turn.assistant.strip()
            # JSON has braces, too; a slot that was forgotten stands alone between them.
            assert not re.search(r"\{\w+\}", turn.assistant.split("```")[0].split("$$")[0])
