"""Problems drawn from the corpus itself: how much of what it shows has been learned.

Contract: kinds whose problems have one right answer, or nearly, compared exactly with the corpus's
own. What is missed here is missed although its wording is known: it needs more training or a larger
model, and no more text.
"""

from collections.abc import Callable
from random import Random

from training.bare import between
from training.cases.case import Case, Message
from training.dialogue import Conversation, Skill, Turn
from training.skills import arithmetic, calendar, facts, memory, system, text
from training.skills.memory_near import nearly
from training.skills.memory_plain import plainly
from training.skills.memory_turns import Read
from training.skills.text_given import shortly

_SEED = "drawn"  # no pool of batches is drawn from it


def _short(rng: Random) -> Turn:
    with shortly():
        return text.english(rng)


def _alone(skill: Skill) -> Callable[[Random], Conversation]:
    return lambda rng: Conversation(None, (skill(rng),))


def _in_a_row(skill: Callable[[Random], list[Turn]]) -> Callable[[Random], Conversation]:
    return lambda rng: Conversation(None, tuple(skill(rng)))


def _to_read(draw: Callable[[Random], Read]) -> Callable[[Random], Conversation]:
    """What is there to be read, and one of the questions for it."""

    def drawn(rng: Random) -> Conversation:
        own: list[Turn] = []
        while not own:
            read, asked = draw(rng)
            own = [turn for turn in asked if not turn.heard]
        return Conversation(None, (*read, rng.choice(own)))

    return drawn


def _remembered(rng: Random) -> list[Turn]:
    return memory.turns(rng, rng.randint(1, 3), rng.randint(0, 4), text.english)


KINDS: dict[str, Callable[[Random], Conversation]] = {
    "drawn text": _alone(text.english),
    "drawn short text": _alone(_short),
    "drawn text after text": _in_a_row(text.drill),
    "drawn remember": _in_a_row(_remembered),
    "drawn told or not": _to_read(memory.quizzed),
    "drawn told plainly": _to_read(lambda rng: plainly(rng, between)),
    "drawn told nearly": _to_read(lambda rng: nearly(rng, between)),
    "drawn told in a chat": _to_read(memory.chatted),
    "drawn told of several": _to_read(memory.compared),
    "drawn told anew": _in_a_row(memory.anew),
    "drawn facts": _alone(facts.english),
    "drawn arithmetic": _alone(arithmetic.english),
    "drawn calendar": _alone(calendar.english),
    "drawn under an order": system.drill,
}


def cases(each: int) -> list[Case]:
    """So many of each kind: the last turn of what was drawn is asked, the others are told."""
    rng = Random(_SEED)
    return [_case(kind, draw(rng)) for kind, draw in KINDS.items() for _ in range(each)]


def _case(kind: str, drawn: Conversation) -> Case:
    *told, answer = drawn.messages
    messages: tuple[Message, ...] = tuple(told)
    return Case(kind, messages, (answer["content"],), exact=True)
