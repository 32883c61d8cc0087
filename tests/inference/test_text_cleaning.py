"""Tidying text as it grows gives the same whatever the pieces it comes in."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inference.text_cleaning import TextCleaner

REPLACE = {"[INST]": "", "[/INST]": "", "[[T]]": "2023", "aa": "b"}
STOP = ("\n<human>", "<human>:", "END")


def clean(pieces: list[str], *, strip: bool = False, opening: str = "") -> str:
    cleaner = TextCleaner(STOP, REPLACE, strip=strip, opening=opening)
    shown = [cleaner.take(piece) for piece in pieces]
    return "".join([*shown, cleaner.take("", last=True)])


def whole(text: str) -> str:
    """The same, done at once: the leftmost match first, then the longest."""
    patterns = sorted([*STOP, *REPLACE], key=len, reverse=True)
    done = ""
    while found := re.search("|".join(map(re.escape, patterns)), text):
        done += text[: found.start()]
        if found.group() in STOP:
            return done
        done, text = done + REPLACE[found.group()], text[found.end() :]
    return done + text


parts = st.sampled_from([*STOP, *REPLACE, "[", "<hum", "\n", " ", "a", "E", "EN", "x", "你"])


@given(st.lists(parts, max_size=8).map("".join), st.data())
def test_the_pieces_do_not_matter(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    pieces = [text[i:j] for i, j in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert clean(pieces) == clean(list(text)) == whole(text)
    assert clean(pieces, strip=True) == clean(list(text), strip=True) == whole(text).strip()


def test_text_is_held_back_no_longer_than_needed() -> None:
    cleaner = TextCleaner(("<human>:",))
    assert cleaner.take("a <hu") == "a "
    assert cleaner.take("g> b") == "<hug> b"


def test_nothing_follows_a_stop_string() -> None:
    cleaner = TextCleaner(("END",))
    assert cleaner.take("one END two") == "one "
    assert cleaner.stopped
    assert cleaner.take("three", last=True) == ""


def test_what_begins_first_counts_then_the_longest() -> None:
    cleaner = TextCleaner(replace={"ab": "1", "abc": "2", "bcd": "3"})
    assert cleaner.take("abcd", last=True) == "2d"
    assert TextCleaner(replace={"ab": "1", "abc": "2"}).take("ab", last=True) == "1"


@pytest.mark.parametrize(
    ("pieces", "expected"), [([" ", "hm", "…"], "<think>\nhm…"), ([], ""), (["\n"], "")]
)
def test_the_opening_comes_with_the_first_text(pieces: list[str], expected: str) -> None:
    assert clean(pieces, strip=True, opening="<think>\n") == expected
