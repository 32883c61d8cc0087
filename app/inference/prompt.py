"""From messages to token ids: templates, stop tokens and the line between text and control.

A model's own chat template counts, else the catalogue's, else the plain text. Templates are
rendered by transformers' own renderer; nothing here needs torch.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from app.errors import InvalidParameter
from app.inference.catalogue import PromptFormat
from app.inference.reasoning import END_THINK, THINK, split
from app.inference.text_cleaning import TextCleaner
from app.inference.tokenizing import TextTokenizer, load_tokenizer, read_json, token_text
from app.inference.types import Message

log = logging.getLogger(__name__)

# Put after the first character of a control token that a user typed, so that it stays plain text.
# Encoding what people wrote apart from the template would need no such trick, but tokens that
# reach across their border would be lost, and with them the prompts that the model was trained on.
WORD_JOINER = "\u2060"

Turn = dict[str, str]


class PromptBuilder:
    """One model's tokenizer, templates and stop tokens.

    Safe to call from several threads at once. `stop_token_ids` end a completion, as do
    `stop_strings` in its text.
    """

    def __init__(
        self,
        tokenizer: TextTokenizer,
        config: dict[str, Any],
        own_template: str | None,
        prompt_format: PromptFormat,
    ) -> None:
        # Here, since it takes more than a second, and pages need not wait for it to answer.
        from transformers.utils.chat_template_utils import render_jinja_template

        # Its annotations promise a string and deny dictionaries; both are wrong.
        self._renderer: Callable[..., tuple[list[str], Any]] = cast(Any, render_jinja_template)
        self._tokenizer, self._format = tokenizer, prompt_format
        ours, own = prompt_format.chat_template, own_template
        self._template = (ours or own) if prompt_format.replaces_own else (own or ours)
        self._bos, self._eos = (token_text(config.get(k)) for k in ("bos_token", "eos_token"))
        self._guarded = self._find_guarded()
        self._disguised = self._find_disguised(token_text(config.get("unk_token")))
        self._reasons = prompt_format.reasoning or END_THINK in (self._template or "")
        self.stop_token_ids: tuple[int, ...] = ()
        self.stop_strings: tuple[str, ...] = prompt_format.stop_strings

    @classmethod
    def load(cls, model_dir: Path, prompt_format: PromptFormat | None = None) -> "PromptBuilder":
        """Read a model folder. Raises LoadFailed if it holds no usable tokenizer."""
        tokenizer = load_tokenizer(model_dir)
        config = read_json(model_dir / "tokenizer_config.json")
        template = _read_template(model_dir, config)
        builder = cls(tokenizer, config, template, prompt_format or PromptFormat())
        builder._find_stops(model_dir)
        return builder

    def _find_stops(self, model_dir: Path) -> None:
        ids: set[int] = set()
        for name in ("generation_config.json", "config.json"):
            eos = read_json(model_dir / name).get("eos_token_id")
            stated = eos if isinstance(eos, list) else [eos]
            ids.update(id_ for id_ in stated if type(id_) is int)  # True is none
        for stop in (self._eos, *self._format.stop_tokens):
            id_ = stop if isinstance(stop, int) else self._tokenizer.token_to_id(stop)
            if id_ is not None:
                ids.add(id_)
            elif stop:  # not one token here, so it can only show as text
                self.stop_strings += (str(stop),)
        self.stop_token_ids = tuple(sorted(ids))

    def _find_guarded(self) -> list[str]:
        """What must not reach the tokenizer out of a person's text, shorter ones first."""
        templates = (self._template or "") + (self._format.instruct_template or "")
        named = (t for t in self._tokenizer.other_tokens if t in templates)
        thinking = (t for t in (THINK, END_THINK) if self._tokenizer.token_to_id(t) is not None)
        guarded = {*self._tokenizer.special_tokens, *named, *thinking, *self._format.role_markers}
        return sorted((text for text in guarded if text.strip()), key=len)

    def _find_disguised(self, unknown: str) -> set[int | None]:
        """The guarded tokens that other spellings mean, too. The unknown token is not among them:
        any rare character becomes it."""
        texts = {*self._guarded} & {*self._tokenizer.normalized_tokens} - {unknown}
        return {self._tokenizer.token_to_id(text) for text in texts}

    def encode(self, messages: Sequence[Message], *, instruct: bool = False) -> tuple[int, ...]:
        """The prompt's token ids, ready for the model to go on as the assistant.

        With `instruct` the messages are one instruction: it goes into the model's instruction
        format, else into a chat of one turn, else it is the plain text. A model that has only an
        instruction format gets it in either case. What people wrote never becomes control tokens.
        Raises InvalidParameter for text that is not valid Unicode, for messages without one by the
        user, or for those that the model's template refuses.
        """
        if not any(message.role == "user" for message in messages):
            raise InvalidParameter(
                "There is no message of the user to answer. Add one with the role user.", "messages"
            )
        chat = [{"role": m.role, "content": self._as_plain_text(m)} for m in messages]
        if self._format.drops_system:
            chat = [turn for turn in chat if turn["role"] != "system"]
        token, plain = _TokenMarks(), "\n\n".join(turn["content"] for turn in chat)
        template = self._format.instruct_template
        if template is not None and (instruct or self._template is None):
            text = self._apply(template, chat, token, instruction=plain)
        elif self._template is not None:
            text = self._render_chat(chat, token)
        else:
            return tuple(self._tokenizer.encode(plain, add_special_tokens=True))
        return tuple(self._encode_pieces(token.split(text)))

    def encode_text(self, text: str) -> tuple[int, ...]:
        """The token ids of a text that the model goes on with as it stands, without a template.

        In front stands what the tokenizer puts in front of every text. Control tokens in it stay
        text. Raises InvalidParameter for text that is not valid Unicode.
        """
        plain = self._as_plain_text(Message("user", text))
        return tuple(self._tokenizer.encode(plain, add_special_tokens=True))

    def _encode_pieces(self, pieces: Iterable[str | int]) -> Iterator[int]:
        for piece in pieces:
            if isinstance(piece, int):
                yield piece
            elif piece:
                yield from self._tokenizer.encode(piece, add_special_tokens=False)

    def decode(self, ids: Sequence[int], /) -> str:
        """Text of token ids, without control tokens."""
        return self._tokenizer.decode(ids)

    def clean_up(self, prompt: Sequence[int], stop: Sequence[str] = ()) -> TextCleaner:
        """What tidies the text that follows this prompt; `stop` are the request's stop strings.

        Where the template itself begins the reasoning, the text begins with the tag that is
        missing, so that everybody sees reasoning between its two tags.
        """
        return TextCleaner(
            (*self.stop_strings, *stop),
            {**dict.fromkeys(self._format.remove, ""), **self._format.replace},
            strip=self._format.strip,
            opening=f"{THINK}\n" if self.reasoning_open(prompt) else "",
        )

    def reasoning_open(self, prompt: Sequence[int]) -> bool:
        """Whether the prompt ends inside of reasoning that the template began."""
        return self._reasons and self.decode(prompt[-8:]).rstrip().endswith(THINK)

    def _as_plain_text(self, message: Message) -> str:
        content = message.content
        try:
            content.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidParameter(
                "The text holds half a character (a lone surrogate). Paste it again as plain text."
            ) from None
        if message.role == "assistant" and self._reasons:
            content = split(content).answer.lstrip()
        for joiner in (WORD_JOINER, " "):  # some tokenizers drop the first
            plain = self._guard(content, joiner)
            if not (self._disguised and self._disguised & {*self._encode_pieces([plain])}):
                return plain
        raise InvalidParameter(
            "The text holds a control token of this model in another spelling, with full-width "
            "letters for example. Leave it out, or put a space into it.",
            "messages",
        )

    def _guard(self, content: str, joiner: str) -> str:
        line = "\n" + content  # templates may put it at the start of a line
        for token in self._guarded:
            line = line.replace(token, token[0] + joiner + token[1:])
        return line[1:]

    def _render_chat(self, chat: list[Turn], token: "_TokenMarks") -> str:
        """The chat as the template writes it; roles are merged as far as it refuses them."""
        first = 1 if chat[0]["role"] == "system" else 0
        one_system = chat[:first] + _merge_system(chat[first:])
        merged = _merge_system(chat)
        worked: str | None = None
        refusal: InvalidParameter | None = None
        for attempt in (chat, one_system, merged, list(_merge_neighbours(merged))):
            try:
                text = self._apply(cast(str, self._template), attempt, token)
            except InvalidParameter as error:
                refusal = refusal or error
                continue
            worked = text if worked is None else worked
            if all(t["content"].strip() in text for t in attempt if t["role"] == "system"):
                return text  # some templates leave a system message out without a word
        if worked is None:
            raise refusal or InvalidParameter("The model cannot take these messages.")
        return worked

    def _apply(
        self, template: str, chat: list[Turn], token: "_TokenMarks", **variables: str
    ) -> str:
        try:
            rendered, _ = self._renderer(
                [chat],
                chat_template=template,
                add_generation_prompt=True,
                bos_token=self._bos,
                eos_token=self._eos,
                token=token,
                **variables,
            )
        except Exception as error:  # a template is a program: it divides by zero, recurses, …
            raise InvalidParameter(f"The model cannot take these messages: {error}") from error
        return rendered[0]


class _TokenMarks:
    """`token(195)` in a template: a token by its id, for those that have no text of their own.

    It is marked in the text by a number that nobody can guess, and put in after encoding.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_hex(16)

    def __call__(self, id_: int) -> str:
        return f"<{self._secret}:{int(id_)}>"

    def split(self, text: str) -> Iterator[str | int]:
        """Text and token ids in their order."""
        pieces = re.split(f"<{self._secret}:([0-9]+)>", text)
        for place, piece in enumerate(pieces):
            yield int(piece) if place % 2 else piece


def _merge_system(chat: Sequence[Turn]) -> list[Turn]:
    """Put system messages in front of the next user message, or after the last one if none follows,
    for templates that refuse them."""
    merged: list[Turn] = []
    waiting: list[str] = []
    for turn in chat:
        if turn["role"] == "system":
            waiting.append(turn["content"])
        elif turn["role"] == "user":
            merged.append({**turn, "content": "\n\n".join([*waiting, turn["content"]])})
            waiting = []
        else:
            merged.append(turn)
    if waiting:
        last = max(place for place, turn in enumerate(merged) if turn["role"] == "user")
        merged[last] = {**merged[last], "content": "\n\n".join([merged[last]["content"], *waiting])}
    return merged


def _merge_neighbours(chat: Iterable[Turn]) -> Iterator[Turn]:
    """Make one turn of several by the same speaker, for templates that want them to alternate."""
    last: Turn | None = None
    for message in chat:
        if last is not None and last["role"] == message["role"]:
            last = {**last, "content": last["content"] + "\n\n" + message["content"]}
        else:
            if last is not None:
                yield last
            last = message
    if last is not None:
        yield last


def _read_template(model_dir: Path, config: dict[str, Any]) -> str | None:
    """The chat template, from a file of its own or from the tokenizer's configuration."""
    file = model_dir / "chat_template.jinja"
    if file.exists():
        return file.read_text("utf-8")
    template = config.get("chat_template")
    if template is None:
        template = read_json(model_dir / "chat_template.json").get("chat_template")
    if isinstance(template, list):  # several named templates: "default" is the one for chat
        template = {t["name"]: t["template"] for t in template}.get("default")
    return template if isinstance(template, str) else None
