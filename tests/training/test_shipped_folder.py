"""What ships under data/built-in: whole, small, safe to load, and fit for the app's prompts."""

import json
from itertools import islice, pairwise
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from training.corpus import conversations

FOLDER = Path(__file__).parents[2] / "data" / "built-in"
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(FOLDER / "tokenizer.json"))


def _config(name: str) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return loaded


def test_only_safetensors_and_text() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert (FOLDER / "model.safetensors").stat().st_size < 20_000_000


def test_context_and_vocabulary(tokenizer: Tokenizer) -> None:
    config = _config("config.json")
    assert config["max_position_embeddings"] >= 2048  # type: ignore[operator]
    assert config["vocab_size"] == tokenizer.get_vocab_size()
    assert all(tokenizer.token_to_id(token) is not None for token in SPECIAL)
    end = tokenizer.token_to_id("<|im_end|>")
    assert config["eos_token_id"] == _config("generation_config.json")["eos_token_id"] == end


@pytest.mark.parametrize(
    "text",
    [
        "Hello, Zelmira! It's 2048 now.",
        "我叫晓棠，请记住。龘靐",
        "私の名前はカナデです。コーヒー、ゔ",
        "  two  spaces\n\n\tand a tab \n",
        "def add(a, b):\n    return a + b\n```",
        "naïve café 🙂 $$x^2$$",
        '{"name": "Ada"} (top-p), \'tis "it\'s",Ünder:\n“one”\n*two* 「Ada」はAdaです',
    ],
)
def test_any_text_round_trips(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(f" {text}").ids  # as the template writes it
    assert tokenizer.decode(ids, skip_special_tokens=False) == text


def test_decoding_leaves_out_one_space_at_the_start(tokenizer: Tokenizer) -> None:
    for given, back in (("x y", "x y"), (" x y", "x y"), ("  x y", " x y")):
        assert tokenizer.decode(tokenizer.encode(given).ids) == back


def test_digits_stand_apart(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("2048").tokens == ["2", "0", "4", "8"]


def test_a_name_is_cut_the_same_way_when_told_and_when_given_back(tokenizer: Tokenizer) -> None:
    for told, given in (
        ("我叫景澜，", "你叫景澜。"),
        ("My name is Zelmira.", "Your name is Zelmira!"),
    ):
        name = "景澜" if "景" in told else " Zelmira"
        cut = tokenizer.encode(name).ids
        for text in (told, given):
            ids = tokenizer.encode(text).ids
            assert any(ids[at : at + len(cut)] == cut for at in range(len(ids)))


@pytest.mark.parametrize(
    "text",
    ['"Zelmira"', "'Zelmira'", "“Zelmira”", "(Zelmira)", "a,Zelmira", "a:\nZelmira", "我叫Zelmira"],
)
def test_a_name_without_a_space_before_it_is_cut_no_other_way(
    tokenizer: Tokenizer, text: str
) -> None:
    cut, ids = tokenizer.encode(" Zelmira").ids, tokenizer.encode(f" {text}").ids
    assert any(ids[at : at + len(cut)] == cut for at in range(len(ids)))


@pytest.mark.parametrize("word", ["it's", "top-p", "launch.py", "VinoChat", "and/or", "a_b"])
def test_a_part_of_a_word_stays_one(tokenizer: Tokenizer, word: str) -> None:
    no_space = tokenizer.encode(' "a').ids[1]
    assert no_space in tokenizer.encode(f' "{word}"').ids
    assert no_space not in tokenizer.encode(f" {word}").ids


def test_text_only_grows_while_it_streams(tokenizer: Tokenizer) -> None:
    text = '{"name": "Ada", "city": "Rome"}\n(end)'
    ids = tokenizer.encode(f" {text}").ids
    assert tokenizer.decode(ids) == text
    assert all(text.startswith(tokenizer.decode(ids[:count])) for count in range(len(ids)))


def _render(messages: list[dict[str, str]], *, generate: bool) -> str:
    from jinja2 import Environment

    template = (FOLDER / "chat_template.jinja").read_text(encoding="utf-8")
    made: str = (
        Environment()
        .from_string(template)
        .render(messages=messages, add_generation_prompt=generate)
    )
    return made


def test_prompts_only_ever_grow(tokenizer: Tokenizer) -> None:
    for talk in islice(conversations(5), 50):
        messages = talk.messages
        head = len(messages) - 2 * len(talk.turns)
        prompts = [
            _render(messages[: head + 2 * turn + 1], generate=True)
            for turn in range(len(talk.turns))
        ]
        for earlier, later in pairwise(prompts):
            assert later.startswith(earlier)
            ids = tokenizer.encode(earlier).ids
            assert tokenizer.encode(later).ids[: len(ids)] == ids
