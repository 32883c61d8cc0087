"""Which usernames are allowed, and which are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth import usernames
from app.errors import InvalidAccount


@pytest.mark.parametrize(
    "name", ["a", "Ada.Lovelace", "ada_99", "x-y", "Zoë", "王小明", "Łukasz", "さくら", "x" * 64]
)
def test_letters_of_every_alphabet_are_allowed(name: str) -> None:
    assert usernames.normalise(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "x" * 65, "a b", "a@b", "<b>", "a/b", "a\0b", "a\u200bb", "\ud800", "½", "a\u202eb", "ﷺ"],
)
def test_other_characters_are_refused(name: str) -> None:
    with pytest.raises(InvalidAccount, match="1 to 64"):
        usernames.normalise(name)


def test_names_that_look_alike_are_the_same() -> None:
    keys = {usernames.comparison_key(name) for name in ("Ada", "ada", "ADA", "Ａｄａ", "ⓐda")}
    assert keys == {"ada"}
    assert usernames.comparison_key("Straße") == usernames.comparison_key("STRASSE")


@given(st.text(max_size=100))
def test_the_key_of_any_text_is_stable(name: str) -> None:
    key = usernames.comparison_key(name)
    assert usernames.comparison_key(key) == key
    try:
        normal = usernames.normalise(name)
    except InvalidAccount:
        return
    assert usernames.normalise(normal) == normal
    assert usernames.comparison_key(normal) == key
    assert len(key) <= 256
