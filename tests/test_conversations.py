"""Conversations: what is kept, in which order, and that it stays its owner's."""

import threading
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.auth.accounts import Accounts
from app.conversations import Conversations
from app.database import Database
from app.errors import InvalidParameter, NotFound

PASSWORD = "a quiet harbour at dawn"


@pytest.fixture
def conversations(database: Database) -> Conversations:
    return Conversations(database)


@pytest.fixture
def ada(accounts: Accounts) -> str:
    return accounts.users.add("ada", PASSWORD).id


@pytest.fixture
def bob(accounts: Accounts, ada: str) -> str:
    return accounts.users.add("bob", PASSWORD).id


def test_a_conversation_is_given_back_as_it_was_said(
    conversations: Conversations, ada: str
) -> None:
    made = conversations.create(ada, "ja", "Be kind.")
    conversations.append(ada, made.id, "user", "  My name\nis Ada.  ")
    receipt = {"tokens": 3, "device": "CPU"}
    conversations.append(ada, made.id, "assistant", "Hello", "length", receipt)
    stored = conversations.get(ada, made.id)
    assert stored.info.language == "ja"
    assert stored.info.system_prompt == "Be kind."
    assert stored.info.title == "My name is Ada."
    assert [(m.position, m.role, m.content) for m in stored.messages] == [
        (0, "user", "  My name\nis Ada.  "),
        (1, "assistant", "Hello"),
    ]
    assert stored.messages[1].finish_reason == "length"
    assert stored.messages[1].receipt == receipt
    assert stored.messages[0].created_at.tzinfo is not None


def test_the_latest_used_comes_first(conversations: Conversations, ada: str) -> None:
    assert conversations.latest(ada) is None
    first, second = conversations.create(ada), conversations.create(ada)
    assert [c.id for c in conversations.list(ada)] == [second.id, first.id]
    conversations.append(ada, first.id, "user", "again")
    assert [c.id for c in conversations.list(ada)] == [first.id, second.id]
    latest = conversations.latest(ada)
    assert latest is not None
    assert latest.info.id == first.id
    assert len(latest.messages) == 1


def test_settings_titles_and_clearing(conversations: Conversations, ada: str) -> None:
    made = conversations.create(ada)
    for text in ("one", "two"):
        conversations.append(ada, made.id, "user", text)
    conversations.set_language(ada, made.id, "zh")
    conversations.set_system_prompt(ada, made.id, "Short.")
    conversations.set_context_start(ada, made.id, 1)
    info = conversations.get(ada, made.id).info
    assert (info.language, info.system_prompt, info.context_start, info.title) == (
        "zh",
        "Short.",
        1,
        "one",
    )
    conversations.clear(ada, made.id)
    cleared = conversations.get(ada, made.id)
    assert (cleared.messages, cleared.info.context_start, cleared.info.title) == ((), 0, "")
    assert cleared.info.system_prompt == "Short."
    conversations.append(ada, made.id, "user", "new")
    assert conversations.get(ada, made.id).messages[0].position == 0
    conversations.delete(ada, made.id)
    assert conversations.list(ada) == []


def test_a_long_first_message_makes_a_short_title(conversations: Conversations, ada: str) -> None:
    made = conversations.create(ada)
    conversations.append(ada, made.id, "user", "word " * 100)
    title = conversations.get(ada, made.id).info.title
    assert len(title) <= 60
    assert title.endswith("…")


def test_wrong_values_are_refused(conversations: Conversations, ada: str) -> None:
    made = conversations.create(ada)
    for call in (
        lambda: conversations.create(ada, "xx"),  # type: ignore[arg-type]
        lambda: conversations.set_language(ada, made.id, "xx"),  # type: ignore[arg-type]
        lambda: conversations.set_context_start(ada, made.id, 1),
        lambda: conversations.set_context_start(ada, made.id, -1),
        lambda: conversations.append(ada, made.id, "user", "x" * 1_000_001),
    ):
        with pytest.raises(InvalidParameter):
            call()


def test_foreign_and_missing_look_the_same(
    conversations: Conversations, ada: str, bob: str
) -> None:
    made = conversations.create(ada)
    conversations.append(ada, made.id, "user", "secret")
    before = conversations.get(ada, made.id)

    def said(call: Callable[[str], object], conversation_id: str) -> str:
        with pytest.raises(NotFound) as caught:
            call(conversation_id)
        return caught.value.message

    for call in (
        lambda c: conversations.get(bob, c),
        lambda c: conversations.append(bob, c, "user", "x"),
        lambda c: conversations.set_system_prompt(bob, c, "x"),
        lambda c: conversations.set_language(bob, c, "zh"),
        lambda c: conversations.set_context_start(bob, c, 0),
        lambda c: conversations.clear(bob, c),
        lambda c: conversations.delete(bob, c),
    ):
        assert said(call, made.id) == said(call, "0" * 32)
    own = conversations.create(bob)
    assert [c.id for c in conversations.list(bob)] == [own.id]
    assert conversations.get(ada, made.id) == before


def test_parallel_messages_get_different_positions(conversations: Conversations, ada: str) -> None:
    made = conversations.create(ada)
    threads = [
        threading.Thread(target=conversations.append, args=(ada, made.id, "user", str(i)))
        for i in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    positions = [m.position for m in conversations.get(ada, made.id).messages]
    assert positions == list(range(20))


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(categories=["L", "Cs", "Cc", "Zs", "So"]), max_size=50))
def test_any_text_is_kept_or_mended(conversations: Conversations, ada: str, text: str) -> None:
    made = conversations.create(ada, "en", text)
    conversations.append(ada, made.id, "user", text)
    stored = conversations.get(ada, made.id)
    content = stored.messages[0].content
    assert stored.info.system_prompt == content
    assert "\0" not in content
    content.encode()
    if "\0" not in text and not any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        assert content == text
    with pytest.raises(NotFound):
        conversations.get(ada, text)
