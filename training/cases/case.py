"""The shape of a case, and how its messages are written down.

Contract: a `Case` is a conversation that ends with a user's message, and the pieces of text of
which the completion must contain every one (or, with `exact`, equal one of them), none of the
forbidden ones, and one of the alternatives; `fold` makes capitals and small letters the same.
"""

from dataclasses import dataclass

Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    skill: str
    messages: tuple[Message, ...]
    expected: tuple[str, ...]
    exact: bool = False
    forbidden: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ("",)
    fold: bool = False


def talk(*texts: str, system: str | None = None) -> tuple[Message, ...]:
    """Messages of alternating roles that begin and end with the user."""
    head = [{"role": "system", "content": system}] if system else []
    roles = ("user", "assistant")
    return (*head, *({"role": roles[at % 2], "content": text} for at, text in enumerate(texts)))
