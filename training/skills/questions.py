# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Longer ways to put a short question.

Contract: `framed` leaves most questions alone; a frame adds words around one and changes none.
"""

from random import Random

from training.phrasing import expand

_FRAMES = (
    "(a|one|another|here is a|next|an easy|a simple) question: {q}", "(please |)answer (me |)(this|this question|the question|the following|my question): {q}", "(I'd like|I want|I would like|I need) to know: {q}",
    "{q} (I forgot.|I can't remember.|I forgot it.|Any idea?|Do you know?|Can you help?|I need it for school.|Please answer.|I am not sure.|Tell me please.)", "(my|our) (teacher|son|daughter|friend|boss|sister) (asks|wants to know|asked me): {q}",
    "(let me test you|a test|a little test|for school|homework|my homework|trivia|a riddle for you): {q}", "(say|tell me|do you know), {q}", "(can|could) you answer this(:|?) {q}", "(hm|um|well|okay|right|so|and|but|now), {q}", "I (wonder|am wondering|ask myself): {q}",
    "{q} (please|thanks|thank you|, please)", "(I have|there is) (a|one) question (for you|again)(:|.) {q}", "(help me out|help me|tell me|explain)(:|.) {q}", "(for a friend|quickly|in short|in one sentence|just curious|out of curiosity): {q}",
)  # fmt: skip


def framed(rng: Random, question: str, share: float = 0.15) -> str:
    """The question, in a share of all cases inside a longer sentence."""
    if rng.random() > share:
        return question
    return expand(rng.choice(_FRAMES), rng).replace("{q}", question).replace("? ,", ",")
