"""The Chat page: conversations from the database, and the reply that grows in the open one.

What the Chatbot holds is never an input: the browser sends an id, and the services look the
conversation up for the signed-in user.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import gradio as gr

from app.auth.sessions import CurrentUser
from app.chat import SYSTEM_PROMPTS, Reply
from app.conversations import Language, StoredConversation
from app.errors import InvalidParameter
from app.inference.service import InferenceService
from app.inference.types import SamplingParams
from app.pages import sampling
from app.pages.chat_parts import ChatParts
from app.pages.errors import told
from app.pages.languages import LANGUAGES
from app.pages.serving import Frame, plain
from app.pages.streams import TabStreams, batches, update_interval
from app.pages.switching import DeviceControl
from app.pages.transcript import (
    Bubble,
    Growing,
    bubbles,
    completion_bubbles,
    drawn,
    history_notice,
    question_bubble,
)
from app.pages.visitor import visitor
from app.services import Services

Update = tuple[object, ...]

_UNCHANGED = (gr.skip(), gr.skip(), gr.skip())  # Chatbot, notice and message box


class ChatPage:
    def __init__(self, services: Services, devices: DeviceControl) -> None:
        self._chat = services.chat
        self._inference = services.inference
        self._conversations = services.conversations
        self._devices = devices
        self._settings = sampling.ModelSettings(services, sampling.CHAT)
        self._streams = TabStreams()

    def build(self, frame: Frame) -> None:
        parts = ChatParts.build(lambda: self._devices.build(frame))
        self._settings.build(frame, parts.sliders, parts.recommended)
        opened = [parts.chatbot, parts.notice, parts.language, parts.system_prompt, *parts.examples]
        frame.page.load(self.load, None, [parts.conversation, *opened], show_progress="hidden")
        said = [parts.message, parts.conversation, parts.language, parts.system_prompt]
        running = gr.on(
            [parts.submit.click, parts.message.submit],
            self.submit,
            [*said, *parts.sliders],
            [parts.chatbot, parts.notice, parts.message, parts.conversation],
            show_progress="hidden",
            postprocess=False,
        )
        parts.stop.click(self.stop, None, None, queue=False)
        parts.conversation.input(
            self.open, parts.conversation, opened, show_progress="hidden", cancels=[running]
        )
        emptied = [parts.chatbot, parts.notice]
        parts.new.click(
            self.new,
            None,
            [parts.conversation, *emptied],
            queue=False,
            show_progress="hidden",
            cancels=[running],
        )
        gr.on(
            [parts.clear.click, parts.chatbot.clear],
            self.clear,
            parts.conversation,
            emptied,
            show_progress="hidden",
            cancels=[running],
        )
        self._build_language(parts)

    def _build_language(self, parts: ChatParts) -> None:
        parts.language.input(
            self.speak,
            [parts.language, parts.system_prompt, parts.conversation],
            [parts.system_prompt, *parts.examples],
            queue=False,
            show_progress="hidden",
        )
        parts.system_prompt.blur(
            self.save_prompt, [parts.conversation, parts.system_prompt], None, queue=False
        )

    async def load(self, request: gr.Request) -> Update:
        """The list of conversations and the latest one of them, opened."""
        with told():
            user = visitor(request)
            latest = await asyncio.to_thread(self._conversations.latest, user.id)
            chosen = await self._choices(user, latest.info.id if latest else None)
            return (chosen, *_opened(latest))

    async def open(self, conversation_id: str | None, request: gr.Request) -> Update:
        with told():
            user = visitor(request)
            await self._streams.end(request)
            if not conversation_id:
                return _opened(None)
            await self._chat.saved()
            get = self._conversations.get
            return _opened(await asyncio.to_thread(get, user.id, conversation_id))

    async def new(self, request: gr.Request) -> Update:
        """An empty page; the conversation is made with its first message."""
        with told():
            user = visitor(request)
            await self._streams.end(request)
            await self._chat.saved()
            return await self._choices(user, None), [], ""

    async def clear(self, conversation_id: str | None, request: gr.Request) -> Update:
        """Delete the messages of the open conversation, and what is being generated for it."""
        with told():
            user = visitor(request)
            await self._streams.end(request)
            await self._chat.saved()
            if conversation_id:
                await asyncio.to_thread(self._conversations.clear, user.id, conversation_id)
            return [], ""

    async def speak(
        self, language: Language, prompt: str, conversation_id: str | None, request: gr.Request
    ) -> Update:
        """Another language: its examples, and its system prompt where the old one was a default."""
        with told():
            user = visitor(request)
            if prompt.strip() in ("", *SYSTEM_PROMPTS.values()):
                prompt = SYSTEM_PROMPTS[language]
            if conversation_id:
                await self._save_settings(user, conversation_id, language, prompt)
            return (prompt, *LANGUAGES[language].examples)

    async def save_prompt(
        self, conversation_id: str | None, prompt: str, request: gr.Request
    ) -> None:
        with told():
            user = visitor(request)
            if conversation_id:
                set_prompt = self._conversations.set_system_prompt
                await asyncio.to_thread(set_prompt, user.id, conversation_id, prompt)

    async def stop(self, request: gr.Request) -> None:
        # Asynchronous, so that Gradio calls it on the event loop, where streams live.
        self._streams.stop(request)

    async def submit(
        self,
        text: str | None,
        conversation_id: str | None,
        language: Language,
        system_prompt: str,
        temperature: float,
        top_p: float,
        top_k: int,
        repetition_penalty: float,
        max_new_tokens: int,
        request: gr.Request,
    ) -> AsyncGenerator[Update]:
        """Chatbot, notice, message box and list of conversations, while the reply grows."""
        with told():
            user = visitor(request)
            params = SamplingParams(temperature, top_p, top_k, repetition_penalty, max_new_tokens)
            if not text or not text.strip():
                raise InvalidParameter("The message is empty. Type something first.", "message")
            shown = (language, system_prompt)
            with self._streams.running(request) as running:
                conversation = await self._conversation(user, conversation_id, *shown)
                opened = conversation.info.id
                chosen: object = gr.skip()
                try:
                    if not conversation_id:  # the page must know what "Clear" is to clear
                        yield *_UNCHANGED, await self._choices(user, opened)
                        # Gradio patches an update that the browser has not drawn yet: a skip now
                        # would empty it, a plain value does not.
                        chosen = opened
                    reply = self._chat.reply(user.id, opened, text, params)
                    running.begin(reply)
                    growing = _growing(reply, conversation, text, self._inference)
                    async with aclosing(growing) as updates:
                        async for update in updates:
                            yield (*update, chosen)
                            chosen = gr.skip()
                except Exception:
                    if not conversation_id:
                        yield *_UNCHANGED, await self._take_back(user, opened)
                    raise
            yield *_UNCHANGED, await self._choices(user, opened)

    async def _conversation(
        self, user: CurrentUser, conversation_id: str | None, language: Language, system_prompt: str
    ) -> StoredConversation:
        """The open conversation with the settings that the page shows, or a new one."""
        store = self._conversations
        if not conversation_id:
            made = await asyncio.to_thread(store.create, user.id, language, system_prompt)
            return StoredConversation(made, ())
        await self._save_settings(user, conversation_id, language, system_prompt)
        return await asyncio.to_thread(store.get, user.id, conversation_id)

    async def _take_back(self, user: CurrentUser, conversation_id: str) -> object:
        """Delete a new conversation whose first message was refused; the choices without it."""
        stored = await asyncio.to_thread(self._conversations.get, user.id, conversation_id)
        if stored.messages:
            return gr.skip()
        await asyncio.to_thread(self._conversations.delete, user.id, conversation_id)
        return await self._choices(user, None)

    async def _save_settings(
        self, user: CurrentUser, conversation_id: str, language: Language, system_prompt: str
    ) -> None:
        store = self._conversations
        await asyncio.to_thread(store.set_language, user.id, conversation_id, language)
        await asyncio.to_thread(store.set_system_prompt, user.id, conversation_id, system_prompt)

    async def _choices(self, user: CurrentUser, chosen: str | None) -> object:
        known = await asyncio.to_thread(self._conversations.list, user.id)
        choices = [(conversation.title or "Empty chat", conversation.id) for conversation in known]
        return gr.update(choices=choices, value=chosen)


def _opened(conversation: StoredConversation | None) -> Update:
    """Chatbot, notice, language, system prompt and examples for an open conversation, or none."""
    if conversation is None:
        return ([], "", "en", SYSTEM_PROMPTS["en"], *LANGUAGES["en"].examples)
    info = conversation.info
    return (
        bubbles(conversation),
        history_notice(info.context_start),
        info.language,
        info.system_prompt,
        *LANGUAGES[info.language].examples,
    )


async def _growing(
    reply: Reply, conversation: StoredConversation, text: str, inference: InferenceService
) -> AsyncGenerator[Update]:
    """Chatbot, notice and message box while the reply arrives; the text goes back if it fails."""
    before = drawn(bubbles(conversation))
    asked = [*before, *drawn([question_bubble(text)])]
    growing = Growing(left_out=conversation.info.context_start)
    shown = sum(len(message.content) for message in conversation.messages) + len(text)
    yield asked, _notice(growing), ""

    def interval() -> float:
        return update_interval(shown + len(growing.text), inference.running)

    try:
        async with aclosing(batches(reply.events(), interval)) as arrived:
            async for batch in arrived:
                growing.add(batch)
                yield _shown(asked, growing) if batch else _UNCHANGED
    except Exception:
        yield before, history_notice(conversation.info.context_start), text
        raise


def _shown(asked: list[Bubble], growing: Growing) -> Update:
    ended = growing.finished is not None
    shown = asked
    if growing.text or ended:
        remarks = (plain(growing.note), growing.line)
        shown = [*asked, *drawn(completion_bubbles(growing.text, *remarks, growing=not ended))]
    return shown, _notice(growing), gr.skip()


def _notice(growing: Growing) -> str:
    return " ".join(filter(None, (history_notice(growing.left_out), growing.waiting)))
