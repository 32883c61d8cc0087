# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Instructions on given text, lists of a given length, and counting."""

from random import Random

from training.cases.case import Case, talk


def _lists() -> list[Case]:
    lists = (
        ("List five fruits.", 5, ("",)), ("Name three colours.", 3, ("",)), ("Can you list four animals?", 4, ("",)),
        ("Give me three tips for a good night's sleep.", 3, ("bedroom", "Go to bed", "coffee", "screens", "sport")),
    )  # fmt: skip
    made = [
        Case(
            "lists",
            talk(question),
            (f"{count}. ",),
            forbidden=(f"{count + 1}. ",),
            one_of=subjects,
        )
        for question, count, subjects in lists
    ]
    for low, high in ((1, 20), (1, 10), (7, 19), (33, 41)):
        numbers = ", ".join(str(number) for number in range(low, high + 1))
        made.append(Case("count", talk(f"Count from {low} to {high}."), (numbers,)))
    return made


def _copies() -> list[Case]:
    made = []
    for text in (
        "Kestrin",
        "vermilion axolotl",
        "Balthazar river Sunniva",
        "Drummond persimmon marmoset",
    ):
        made.append(Case("repeat", talk(f"Repeat: {text}"), (text,), exact=True))
        made.append(Case("repeat", talk(f"Please say {text}"), (text,), exact=True))
    made.append(
        Case("upper case", talk("Write stone river in upper case."), ("STONE RIVER",), exact=True)
    )
    made.append(
        Case("upper case", talk("Convert paper window to uppercase"), ("PAPER WINDOW",), exact=True)
    )
    return made


def cases(rng: Random) -> list[Case]:  # noqa: ARG001
    """Lists and counting, then text given back."""
    return [*_lists(), *_copies()]
