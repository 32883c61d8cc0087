"""From messages to token ids: chat templates, stop tokens and the line between text and control.

Works on a model folder's tokenizer files alone, with the `tokenizers` library and transformers'
own template renderer; neither needs torch.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import jinja2
from tokenizers import Tokenizer
from transformers.utils.chat_template_utils import render_jinja_template

from app.errors import InvalidParameter, LoadFailed
from app.inference.types import Message

# Put after the first character of a control token that a user typed, so that it stays plain text.
WORD_JOINER = "\u2060"


class PromptBuilder:
    """One model's tokenizer, chat template and stop tokens.

    Safe to call from several threads at once.
    """

    def __init__(self, tokenizer: Tokenizer, config: dict[str, Any], template: str | None) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer, self._template = tokenizer, template
        self._bos, self._eos = (_token_text(config.get(k)) for k in ("bos_token", "eos_token"))
        added = tokenizer.get_added_tokens_decoder().values()
        self._control: list[str] = sorted((t.content for t in added if t.content.strip()), key=len)
        self.stop_token_ids: tuple[int, ...] = ()

    @classmethod
    def load(cls, model_dir: Path) -> "PromptBuilder":
        """Read a model folder. Raises LoadFailed if it holds no usable tokenizer."""
        try:
            tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
        except Exception as error:  # the library raises bare Exception
            raise LoadFailed(
                f"{model_dir.name} has no readable tokenizer.json ({error}). "
                "Convert the model again, or copy the file from the original checkpoint."
            ) from error
        config = _read_json(model_dir / "tokenizer_config.json")
        builder = cls(tokenizer, config, _read_template(model_dir, config))
        builder.stop_token_ids = builder._find_stop_tokens(model_dir)
        return builder

    def _find_stop_tokens(self, model_dir: Path) -> tuple[int, ...]:
        ids: set[int] = set()
        for name in ("generation_config.json", "config.json"):
            eos = _read_json(model_dir / name).get("eos_token_id")
            ids.update(eos if isinstance(eos, list) else [eos] if eos is not None else [])
        named = self._tokenizer.token_to_id(self._eos)
        return tuple(sorted(ids | ({named} if named is not None else set())))

    def encode(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """The prompt's token ids, ready for the model to go on as the assistant.

        What people wrote never becomes control tokens. Raises InvalidParameter for text that is
        not valid Unicode or for messages that the model's template refuses.
        """
        chat = [{"role": m.role, "content": self._as_plain_text(m.content)} for m in messages]
        text = self._render(chat)
        add_special = self._template is None
        # encode() holds Python's lock and would stop every page and stream meanwhile.
        (encoding,) = self._tokenizer.encode_batch([text], add_special_tokens=add_special)
        return tuple(encoding.ids)

    def decode(self, ids: Sequence[int], /) -> str:
        """Text of token ids, without control tokens."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def _as_plain_text(self, content: str) -> str:
        try:
            content.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidParameter(
                "The text holds half a character (a lone surrogate). Paste it again as plain text."
            ) from None
        for token in self._control:
            content = content.replace(token, token[0] + WORD_JOINER + token[1:])
        return content

    def _render(self, chat: list[dict[str, str]]) -> str:
        if self._template is None:
            return "\n\n".join(message["content"] for message in chat)
        try:
            return self._apply_template(chat)
        except jinja2.TemplateError as error:
            merged = list(_merge_system(chat))
            if merged == chat:
                raise InvalidParameter(f"The model cannot take these messages: {error}") from error
            try:
                return self._apply_template(merged)
            except jinja2.TemplateError as again:
                raise InvalidParameter(f"The model cannot take these messages: {again}") from again

    def _apply_template(self, chat: list[dict[str, str]]) -> str:
        # Its annotations promise a string and deny dictionaries; both are wrong.
        render: Callable[..., tuple[list[str], Any]] = cast(Any, render_jinja_template)
        rendered, _ = render(
            [chat],
            chat_template=self._template,
            add_generation_prompt=True,
            bos_token=self._bos,
            eos_token=self._eos,
        )
        return rendered[0]


def _merge_system(chat: Iterable[dict[str, str]]) -> Iterable[dict[str, str]]:
    """Put a system message in front of the first user message, for templates that refuse one."""
    system = ""
    for message in chat:
        if message["role"] == "system":
            system += message["content"] + "\n\n"
        elif message["role"] == "user" and system:
            yield {"role": "user", "content": system + message["content"]}
            system = ""
        else:
            yield message


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise LoadFailed(f"{path.name} is not valid JSON ({error}). Convert it again.") from error
    return content if isinstance(content, dict) else {}


def _read_template(model_dir: Path, config: dict[str, Any]) -> str | None:
    """The chat template, from its own file or from the tokenizer's configuration."""
    file = model_dir / "chat_template.jinja"
    if file.exists():
        return file.read_text("utf-8")
    template = config.get("chat_template")
    if isinstance(template, list):  # several named templates: "default" is the one for chat
        template = {t["name"]: t["template"] for t in template}.get("default")
    return template if isinstance(template, str) else None


def _token_text(token: object) -> str:
    """A special token's text; configurations hold it as a string or as an object."""
    if isinstance(token, dict):
        token = token.get("content")
    return token if isinstance(token, str) else ""
