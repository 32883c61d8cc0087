"""Stored conversations: every function takes the user, and nobody sees another's.

Storage only: what is sent to the model and how it is cut is decided elsewhere. A foreign id and a
missing id are the same NotFound.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.database import Database, storable
from app.errors import InvalidParameter, NotFound
from app.inference.types import FinishReason
from app.tables import ChatMessage, Conversation, now

Language = Literal["en", "zh", "ja"]
Role = Literal["user", "assistant"]

LANGUAGES: tuple[Language, ...] = ("en", "zh", "ja")
DERIVED_TITLE = 60
MAX_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message as it was said; `receipt` holds what the completion cost."""

    id: str
    position: int
    role: Role
    content: str
    finish_reason: FinishReason | None
    receipt: dict[str, Any] | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ConversationInfo:
    """A conversation without its messages. The title is empty until something was said."""

    id: str
    title: str
    language: Language
    system_prompt: str
    context_start: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation with its messages in order."""

    info: ConversationInfo
    messages: tuple[StoredMessage, ...]


class Conversations:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, user_id: str, language: Language = "en", system_prompt: str = ""
    ) -> ConversationInfo:
        row = Conversation(
            user_id=user_id,
            title="",
            language=_language(language),
            system_prompt=_text(system_prompt, "system_prompt"),
        )
        with self._database.begin() as db:
            db.add(row)
            db.flush()
            return _info(row)

    def list(self, user_id: str, limit: int = 100) -> list[ConversationInfo]:
        """A person's conversations, the latest used first."""
        query = (
            select(Conversation)
            .where(Conversation.user_id == user_id)
            .order_by(Conversation.updated_at.desc())
            .limit(limit)
        )
        with self._database.read() as db:
            return [_info(row) for row in db.scalars(query)]

    def get(self, user_id: str, conversation_id: str) -> StoredConversation:
        with self._database.read() as db:
            return _with_messages(db, _fetch(db, user_id, conversation_id))

    def latest(self, user_id: str) -> StoredConversation | None:
        """The conversation that was used last, if there is any."""
        query = (
            select(Conversation)
            .where(Conversation.user_id == user_id)
            .order_by(Conversation.updated_at.desc())
            .limit(1)
        )
        with self._database.read() as db:
            row = db.scalar(query)
            return None if row is None else _with_messages(db, row)

    def append(
        self,
        user_id: str,
        conversation_id: str,
        role: Role,
        content: str,
        finish_reason: FinishReason | None = None,
        receipt: dict[str, Any] | None = None,
        answers: str | None = None,
    ) -> StoredMessage:
        """Add a message at the end; the first one of the user names the conversation.

        `answers` is the id of the question: if that was cleared meanwhile, so is its answer, and
        this raises NotFound.
        """
        content = _text(content, "content")
        with self._database.begin() as db:
            row = _fetch(db, user_id, conversation_id)
            if answers is not None and db.get(ChatMessage, answers) is None:
                raise NotFound("The question was cleared.")
            message = ChatMessage(
                conversation_id=row.id,
                position=_count(db, row.id),
                role=role,
                content=content,
                finish_reason=finish_reason,
                receipt=receipt,
            )
            db.add(message)
            if role == "user" and not row.title:
                row.title = _derived_title(content)
            row.updated_at = now()
            db.flush()
            return _message(message)

    def set_system_prompt(self, user_id: str, conversation_id: str, system_prompt: str) -> None:
        system_prompt = _text(system_prompt, "system_prompt")
        with self._database.begin() as db:
            _fetch(db, user_id, conversation_id).system_prompt = system_prompt

    def set_language(self, user_id: str, conversation_id: str, language: Language) -> None:
        with self._database.begin() as db:
            _fetch(db, user_id, conversation_id).language = _language(language)

    def set_context_start(self, user_id: str, conversation_id: str, position: int) -> None:
        """Remember that messages before `position` are no longer sent to the model."""
        with self._database.begin() as db:
            row = _fetch(db, user_id, conversation_id)
            if not 0 <= position <= _count(db, row.id):
                raise InvalidParameter("There is no message at that position.", "position")
            row.context_start = position

    def clear(self, user_id: str, conversation_id: str) -> None:
        """Forget the messages and keep the conversation, its language and system prompt."""
        with self._database.begin() as db:
            row = _fetch(db, user_id, conversation_id)
            db.execute(delete(ChatMessage).where(ChatMessage.conversation_id == row.id))
            row.title = ""
            row.context_start = 0
            row.updated_at = now()

    def delete(self, user_id: str, conversation_id: str) -> None:
        with self._database.begin() as db:
            db.delete(_fetch(db, user_id, conversation_id))


def _fetch(db: Session, user_id: str, conversation_id: str) -> Conversation:
    """The one way to a conversation: by its id and its owner together."""
    query = select(Conversation).where(
        Conversation.id == storable(conversation_id), Conversation.user_id == user_id
    )
    row = db.scalar(query)
    if row is None:
        raise NotFound("This conversation does not exist.")
    return row


def _with_messages(db: Session, row: Conversation) -> StoredConversation:
    query = (
        select(ChatMessage)
        .where(ChatMessage.conversation_id == row.id)
        .order_by(ChatMessage.position)
    )
    return StoredConversation(_info(row), tuple(_message(found) for found in db.scalars(query)))


def _count(db: Session, conversation_id: str) -> int:
    query = select(func.count()).where(ChatMessage.conversation_id == conversation_id)
    return db.scalar(query) or 0


def _info(row: Conversation) -> ConversationInfo:
    return ConversationInfo(
        row.id,
        row.title,
        cast(Language, row.language),
        row.system_prompt,
        row.context_start,
        row.created_at,
        row.updated_at,
    )


def _message(row: ChatMessage) -> StoredMessage:
    return StoredMessage(
        row.id,
        row.position,
        cast(Role, row.role),
        row.content,
        cast(FinishReason | None, row.finish_reason),
        row.receipt,
        row.created_at,
    )


def _language(language: Language) -> Language:
    if language not in LANGUAGES:
        raise InvalidParameter(f"The language is one of {', '.join(LANGUAGES)}.", "language")
    return language


def _text(text: str, parameter: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise InvalidParameter(f"The text is longer than {MAX_CHARACTERS:,} characters.", parameter)
    return storable(text)


def _derived_title(content: str) -> str:
    title = " ".join(content.split())
    return title if len(title) <= DERIVED_TITLE else title[: DERIVED_TITLE - 1].rstrip() + "…"
