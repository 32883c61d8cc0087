"""Text to token ids and back, whichever way a model folder carries its tokenizer.

Two ways. `tokenizer.json` is read by the `tokenizers` library and is preferred: it is exact and
light. Models whose tokenizer is Python code on the hub have none; that code never runs here, so
they come with a tokenizer that was converted to OpenVINO. Such a folder holds

- `openvino_tokenizer.xml` and `openvino_detokenizer.xml` (with their `.bin`), as
  `openvino_tokenizers.convert_tokenizer(..., with_detokenizer=True)` writes them with its defaults.
  Whether it adds special tokens by itself does not matter: what it adds is found out and dropped
  where the prompt writes its own;
- `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json`, as far as
  `save_pretrained` of the original tokenizer writes them (the checkpoint's own chat template
  included): they say which tokens are control tokens. Those that only the original's code knows
  are found in the vocabulary, or stand among the catalogue's role markers.

OpenVINO is imported only when such a folder is loaded. No torch.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from tokenizers import Tokenizer

from app.errors import LoadFailed


class TextTokenizer(Protocol):
    """What prompts and streams need of a tokenizer. Safe to call from several threads at once.

    `special_tokens` are the texts that mean control when they stand in a prompt; `other_tokens` are
    further texts that are always one token, as `<think>` is for some models. `normalized_tokens`
    are those among both that are looked for in the text as the tokenizer normalises it, so that
    other spellings mean them, too.
    """

    special_tokens: tuple[str, ...]
    other_tokens: tuple[str, ...]
    normalized_tokens: tuple[str, ...]

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]: ...

    def decode(self, ids: Sequence[int], /) -> str:
        """Text of token ids, without special tokens."""
        ...

    def token_to_id(self, text: str) -> int | None: ...


def load_tokenizer(model_dir: Path) -> TextTokenizer:
    """The tokenizer of a model folder. Raises LoadFailed if it holds no usable one."""
    if (model_dir / "tokenizer.json").exists() or not (model_dir / _ENCODER).exists():
        return JsonTokenizer(model_dir)
    return OpenVINOTokenizer(model_dir)


class JsonTokenizer:
    """A `tokenizer.json`."""

    def __init__(self, model_dir: Path) -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
        except Exception as error:  # the library raises bare Exception
            raise LoadFailed(
                f"{model_dir.name} has no readable tokenizer.json ({error}). "
                "Convert the model again, or copy the file from the original checkpoint."
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        added = self._tokenizer.get_added_tokens_decoder().values()
        self.special_tokens = tuple(t.content for t in added if t.special)
        self.other_tokens = tuple(t.content for t in added if not t.special)
        normalizes = self._tokenizer.normalizer is not None
        self.normalized_tokens = tuple(t.content for t in added if t.normalized and normalizes)

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        # encode() holds Python's lock and would stop every page and stream meanwhile.
        (encoding,) = self._tokenizer.encode_batch([text], add_special_tokens=add_special_tokens)
        return list(encoding.ids)

    def decode(self, ids: Sequence[int], /) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def token_to_id(self, text: str) -> int | None:
        found: int | None = self._tokenizer.token_to_id(text)
        return found


_ENCODER, _DECODER = "openvino_tokenizer.xml", "openvino_detokenizer.xml"
_BRACKETED = re.compile(r"<.+>|\[.+\]")


class OpenVINOTokenizer:
    """A tokenizer that was converted to OpenVINO; what it needs is in this module's docstring.

    openvino_genai runs it: that keeps a queue of inference requests for threads, lets go of
    Python's lock, and can turn special tokens on and off in most tokenizers. A converted tokenizer
    looks for its tokens before it normalises a text.
    """

    def __init__(self, model_dir: Path) -> None:
        import openvino_genai

        if not (model_dir / _DECODER).exists():
            raise LoadFailed(
                f"{model_dir.name} has {_ENCODER} but no {_DECODER}. Convert it again."
            )
        try:
            self._tokenizer = openvino_genai.Tokenizer(str(model_dir))
            # Some tokenizers add these although they are told not to.
            self._unasked = self._encode("", add_special_tokens=False)
        except RuntimeError as error:
            raise LoadFailed(
                f"The OpenVINO tokenizer of {model_dir.name} cannot be loaded "
                f"({str(error).strip().splitlines()[-1]}). Convert the model again."
            ) from error
        added = list(_added_tokens(model_dir))
        self._ids = self._vocabulary()
        hidden, shown = self._bracketed_tokens()
        self._ids |= {text: id_ for text, id_, _ in added if id_ is not None}
        special = {*hidden, *(text for text, _, is_special in added if is_special)}
        self.special_tokens = tuple(special)
        self.other_tokens = tuple({*shown, *(text for text, *_ in added)} - special)
        self.normalized_tokens: tuple[str, ...] = ()

    def _vocabulary(self) -> dict[str, int]:
        try:
            vocabulary: dict[bytes, int] = self._tokenizer.get_vocab()
        except RuntimeError:  # SentencePiece's own operation keeps it to itself
            return {}
        return {text.decode("utf-8", "replace"): id_ for text, id_ in vocabulary.items()}

    def _bracketed_tokens(self) -> tuple[set[str], set[str]]:
        """Tokens in brackets, without and with text when decoded.

        The first are control tokens, and no file may name them.
        """
        names = [text for text in self._ids if _BRACKETED.fullmatch(text)]
        texts = self._tokenizer.decode([[self._ids[name]] for name in names]) if names else ()
        hidden = {name for name, text in zip(names, texts, strict=True) if not text}
        return hidden, {*names} - hidden

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        ids = self._encode(text, add_special_tokens=add_special_tokens)
        count = len(self._unasked)
        if not add_special_tokens and count and ids[:count] == self._unasked:
            return ids[count:]
        return ids

    def _encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        tokens = self._tokenizer.encode(text, add_special_tokens=add_special_tokens)
        return [int(id_) for id_ in tokens.input_ids.data.reshape(-1)]

    def decode(self, ids: Sequence[int], /) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True)) if ids else ""

    def token_to_id(self, text: str) -> int | None:
        return self._ids.get(text)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object in a model folder; empty if there is no such file. Raises LoadFailed."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise LoadFailed(f"{path.name} is not valid JSON ({error}). Convert it again.") from error
    return content if isinstance(content, dict) else {}


def token_text(token: object) -> str:
    """A special token's text; configurations hold it as a string or as an object."""
    if isinstance(token, dict):
        token = token.get("content")
    return token if isinstance(token, str) else ""


def _added_tokens(model_dir: Path) -> Iterator[tuple[str, int | None, bool]]:
    """Text, id where it is known, and whether it is special, from every file that may tell."""
    config = read_json(model_dir / "tokenizer_config.json")
    for id_, token in (config.get("added_tokens_decoder") or {}).items():
        yield token_text(token), int(id_), bool(token.get("special", True))
    for text, id_ in read_json(model_dir / "added_tokens.json").items():
        yield text, int(id_), True
    for source in (config, read_json(model_dir / "special_tokens_map.json")):
        for name, value in source.items():
            if name.endswith("_token"):
                yield token_text(value), None, True
        for name in ("additional_special_tokens", "extra_special_tokens"):
            more = source.get(name) or ()
            for token in more.values() if isinstance(more, dict) else more:
                yield token_text(token), None, True
