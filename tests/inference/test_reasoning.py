"""Reasoning is told apart from the answer, however the text arrives."""

import pytest

from app.inference.reasoning import ReasoningSplitter, Thought, split

CASES = [
    ("Hello.", Thought("", "Hello.")),
    ("  Hello.\n", Thought("", "  Hello.\n")),
    ("<think>\nA <b> or </b>?\n</think>\n\nB.", Thought("A <b> or </b>?", "B.")),
    ("\n<think>A</think>B</think> <think>C", Thought("A", "B</think> <think>C")),
    ("<think>\n\n</think>\n\nB.", Thought("", "B.")),
    ("<think>\nStill at it </thi", Thought("Still at it </thi", "", unfinished=True)),
    ("<think>", Thought("", "", unfinished=True)),
    ("<thin", Thought("", "<thin")),
    ("Say <think>x</think>", Thought("", "Say <think>x</think>")),
    ("<think>a</think>", Thought("a", "")),
    ("", Thought("", "")),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_completion_in_its_two_parts(text: str, expected: Thought) -> None:
    assert split(text) == expected


@pytest.mark.parametrize(("text", "expected"), CASES)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_stream_joined_is_the_whole(text: str, expected: Thought, size: int) -> None:
    splitter = ReasoningSplitter()
    pieces = [splitter.take(text[i : i + size]) for i in range(0, len(text), size)]
    pieces.append(splitter.take("", last=True))
    assert "".join(piece.reasoning for piece in pieces) == expected.reasoning
    assert "".join(piece.answer for piece in pieces) == expected.answer
    assert pieces[-1].unfinished == expected.unfinished


def test_what_grows_never_shows_a_piece_of_a_tag() -> None:
    text = "<think>\nHm.\n</think>\n\nYes."
    grown = [split(text[:length], growing=True) for length in range(len(text))]
    assert {thought.reasoning for thought in grown} == {"", "H", "Hm", "Hm."}
    assert {thought.answer for thought in grown} == {"", "Y", "Ye", "Yes"}
