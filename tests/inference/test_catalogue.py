"""The catalogue's data: what it promises, and what a mistake in it says."""

import pytest

from app.inference import catalogue
from app.inference.catalogue import entries, entry, parse
from app.inference.conversion.types import Compression

PROMISED = {
    *("tiny-llama-1b-chat", "mini-cpm-2b-dpo", "gemma-2b-it", "gemma-7b-it"),
    *("phi-3-mini-instruct", "red-pajama-3b-chat", "llama-2-chat-7b", "llama-3-8b-instruct"),
    *("qwen2-1.5b-instruct", "qwen2-7b-instruct", "qwen1.5-0.5b-chat", "qwen1.5-1.8b-chat"),
    *("qwen1.5-7b-chat", "qwen-7b-chat", "mpt-7b-chat", "chatglm2-6b", "chatglm3-6b", "mistral-7b"),
    *("zephyr-7b-beta", "neural-chat-7b-v3-1", "notus-7b-v1", "youri-7b-chat"),
    *("baichuan2-7b-chat", "internlm2-chat-1.8b", "glm-4-9b-chat", "stable-zephyr-3b"),
    *("phi-2", "dolly-v2-3b", "red-pajama-3b-instruct", "mistral-7b-instruct-v0.2"),
    "blenderbot-400m-distill",
}
# What today's transformers does not export, with the last version that does.
OLDER = {
    **dict.fromkeys(("gemma", "gemma2"), "5.0"),
    **dict.fromkeys(("baichuan", "internlm2"), "4.57.6"),
    **dict.fromkeys(("chatglm", "qwen"), "4.55.4"),
    **dict.fromkeys(("minicpm", "minicpm3"), "4.53.3"),
}
# Their classes are code on the hub and not in any transformers.
REMOTE = {"baichuan", "chatglm", "internlm2", "minicpm", "minicpm3", "qwen"}

MODEL = """
[[model]]
model_id = "a"
hub_id = "maker/a"
description = "A model."
licence = "MIT"
languages = ["en"]
pages = ["chat"]
architecture = "llama"
parameters = 1
context = 10
"""


def test_every_promised_model_is_offered() -> None:
    assert {model.model_id for model in entries()} >= PROMISED
    assert len(PROMISED) == 31


def test_every_page_and_language_has_models() -> None:
    for language in ("en", "zh", "ja"):
        assert any(language in model.languages for model in entries())
    for page in ("chat", "instruct"):
        assert any(page in model.pages for model in entries())


@pytest.mark.parametrize("model", entries(), ids=lambda model: model.model_id)
def test_an_entry_is_consistent(model: catalogue.CatalogueEntry) -> None:
    assert model.transformers == OLDER.get(model.architecture, "")
    assert model.remote_code == (model.architecture in REMOTE)
    assert model.description.endswith(".")
    assert model.card == f"https://huggingface.co/{model.hub_id}"
    assert set(model.ready_made) <= {"fp16", "int8", "int4"}
    for weight_format, repository in model.ready_made.items():
        assert repository.startswith("OpenVINO/")
        assert repository.endswith(f"-{weight_format}-ov")
    assert "instruct" not in model.pages or model.prompt.instruct_template
    assert model.int4.weight_format == "int4"
    assert not model.awq or model.kind == "causal"


def test_facts_of_some_models() -> None:
    red_pajama = entry("red-pajama-3b-chat")
    assert red_pajama is not None
    (hint,) = red_pajama.hints
    assert (hint.device, hint.name, hint.value) == ("GPU", "INFERENCE_PRECISION_HINT", "f32")
    assert red_pajama.compression("int4", awq=True) == Compression("int4", 128, 0.5, False, True)
    assert red_pajama.compression("int8") == Compression("int8")
    gemma = entry("gemma-2b-it")
    assert gemma is not None
    assert gemma.gated
    assert gemma.compression("int4") == Compression("int4", 64, 0.6, True)
    qwen = entry("qwen-7b-chat")
    assert qwen is not None
    assert qwen.revision == "2abd8e5777bb4ce9c8ab4be7dbbd0fe4526db78d"
    blenderbot = entry("blenderbot-400m-distill")
    assert blenderbot is not None
    assert (blenderbot.kind, blenderbot.context) == ("seq2seq", 128)


def test_other_names_find_a_model() -> None:
    assert entry("tiny-llama-1b") is entry("tiny-llama-1b-chat")
    assert entry("nobody-knows-me") is None


def test_a_template_is_named_or_written_out() -> None:
    (named,) = parse(
        '[templates]\nmine = "{{ messages }}"\n' + MODEL + '[model.prompt]\nchat_template = "mine"'
    )
    assert named.prompt.chat_template == "{{ messages }}"
    (written,) = parse(MODEL + '[model.prompt]\nchat_template = "{{ m }}"')
    assert written.prompt.chat_template == "{{ m }}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MODEL.replace('"en"', '"klingon"'), r"catalogue, a: (.|\n)*languages"),
        (MODEL + "colour = 1", r"catalogue, a: (.|\n)*colour"),
        (MODEL.replace("context = 10", ""), r"catalogue, a: (.|\n)*context"),
        (MODEL + '[model.prompt]\nstop_strings = [""]', r"catalogue, a: (.|\n)*stop_strings"),
        (MODEL + '[model.prompt]\nchat_template = "none"', "no template called 'none'"),
        (MODEL + MODEL, "more than one model is called a"),
        (MODEL + 'aliases = ["a"]', "more than one model is called a"),
    ],
)
def test_a_mistake_says_which_model_and_field(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(text)
