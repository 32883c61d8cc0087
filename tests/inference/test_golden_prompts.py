"""The exact prompt of every model that the project promises, against its published format.

Written out by hand. The tokenizers are small ones of ours with the special tokens of the real ones;
their ids are real where a format names tokens by id. Where a tokenizer carries a chat template of
its own, that one is used at run time and lives on the hub; here the catalogue's stands in for it,
which follows the same published format.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from app.inference import catalogue
from app.inference.prompt import WORD_JOINER, PromptBuilder
from app.inference.tokenizing import JsonTokenizer
from app.inference.types import Message

TALK = [
    Message("system", "Be brief."),
    Message("user", "Hi"),
    Message("assistant", "Hello!"),
    Message("user", "Why?"),
]
QUESTION = [Message("user", "Why?")]


@dataclass(frozen=True)
class Family:
    """The special tokens of a real tokenizer, with their real ids where those matter."""

    tokens: tuple[str, ...]
    bos: str = ""
    eos: str = ""
    ids: tuple[tuple[str, int], ...] = ()


LLAMA = Family(("<unk>", "<s>", "</s>"), "<s>", "</s>")
NEOX = Family(("<|endoftext|>", "<|padding|>"), "<|endoftext|>", "<|endoftext|>")
CHATML = Family(("<|endoftext|>", "<|im_start|>", "<|im_end|>"), "", "<|im_end|>")
LLAMA_3 = Family(
    tokens=(
        *("<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"),
        *("<|start_header_id|>", "<|end_header_id|>"),
    ),
    bos="<|begin_of_text|>",
    eos="<|eot_id|>",
)
GEMMA = Family(("<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>"), "<bos>", "<eos>")
PHI_3 = Family(
    ("<s>", "</s>", "<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),
    *("<s>", "<|endoftext|>"),
)
GLM_ROLES = ("<|system|>", "<|user|>", "<|assistant|>", "<|observation|>")
CHATGLM_2 = Family(("</s>",), "", "</s>", (("</s>", 2), ("[gMASK]", 64790), ("sop", 64792)))
CHATGLM_3 = Family(
    CHATGLM_2.tokens,
    "",
    "</s>",
    (*CHATGLM_2.ids, *zip(GLM_ROLES, range(64794, 64798), strict=True)),
)
GLM_4 = Family(("<|endoftext|>", "[gMASK]", "<sop>", *GLM_ROLES), "", "<|endoftext|>")
BAICHUAN = Family(
    LLAMA.tokens, "<s>", "</s>", (("<reserved_106>", 195), ("<reserved_107>", 196), ("</s>", 2))
)
INTERNLM = Family(LLAMA.tokens, "<s>", "</s>", (("<|im_end|>", 92542), ("<|im_start|>", 92543)))
DOLLY = Family((*NEOX.tokens, "### End", "### Instruction:", "### Response:"), *NEOX.tokens[:1] * 2)

CHATML_TALK = (
    "<|im_start|>system\nBe brief.<|im_end|>\n"
    "<|im_start|>user\nHi<|im_end|>\n"
    "<|im_start|>assistant\nHello!<|im_end|>\n"
    "<|im_start|>user\nWhy?<|im_end|>\n"
    "<|im_start|>assistant\n"
)
GEMMA_TALK = (
    "<bos><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n"
    "<start_of_turn>model\nHello!<end_of_turn>\n"
    "<start_of_turn>user\nWhy?<end_of_turn>\n"
    "<start_of_turn>model\n"
)
ZEPHYR_TALK = (
    "<|system|>\nBe brief.</s>\n<|user|>\nHi</s>\n<|assistant|>\nHello!</s>\n"
    "<|user|>\nWhy?</s>\n<|assistant|>\n"
)
MISTRAL_TALK = "<s>[INST] Be brief.\n\nHi [/INST]Hello!</s>[INST] Why? [/INST]"

# model: its tokenizer, and the prompt of the conversation above; None for an instruction model.
CHATS: dict[str, tuple[Family, str | None]] = {
    "tiny-llama-1b-chat": (LLAMA, ZEPHYR_TALK),
    "mini-cpm-2b-dpo": (LLAMA, "Be brief.<用户>Hi<AI>Hello!<用户>Why?<AI>"),
    "gemma-2b-it": (GEMMA, GEMMA_TALK),
    "gemma-7b-it": (GEMMA, GEMMA_TALK),
    "phi-3-mini-instruct": (
        PHI_3,
        "<|system|>\nBe brief.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\nHello!<|end|>\n"
        "<|user|>\nWhy?<|end|>\n<|assistant|>\n",
    ),
    "red-pajama-3b-chat": (
        NEOX,
        "<human>: Be brief.\n\nHi\n<bot>: Hello!\n<human>: Why?\n<bot>:",
    ),
    "llama-2-chat-7b": (
        LLAMA,
        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello! </s><s>[INST] Why? [/INST]",
    ),
    "llama-3-8b-instruct": (
        LLAMA_3,
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\nHello!<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
    ),
    "qwen2-1.5b-instruct": (CHATML, CHATML_TALK),
    "qwen2-7b-instruct": (CHATML, CHATML_TALK),
    "qwen1.5-0.5b-chat": (CHATML, CHATML_TALK),
    "qwen1.5-1.8b-chat": (CHATML, CHATML_TALK),
    "qwen1.5-7b-chat": (CHATML, CHATML_TALK),
    "qwen-7b-chat": (CHATML, CHATML_TALK),
    "mpt-7b-chat": (NEOX, CHATML_TALK),
    "chatglm2-6b": (
        CHATGLM_2,
        "[gMASK]sop[Round 1]\n\n问：Be brief.\n\nHi\n\n答：Hello!\n\n[Round 2]\n\n问：Why?\n\n答：",
    ),
    "chatglm3-6b": (
        CHATGLM_3,
        "[gMASK]sop<|system|>\n Be brief.<|user|>\n Hi<|assistant|>\n Hello!<|user|>\n Why?"
        "<|assistant|>",
    ),
    "mistral-7b": (LLAMA, MISTRAL_TALK),
    "zephyr-7b-beta": (LLAMA, ZEPHYR_TALK),
    "neural-chat-7b-v3-1": (
        LLAMA,
        "### System:\nBe brief.\n### User:\nHi\n### Assistant:\nHello!\n### User:\nWhy?\n"
        "### Assistant:\n",
    ),
    "notus-7b-v1": (LLAMA, ZEPHYR_TALK),
    "youri-7b-chat": (
        LLAMA,
        "設定: Be brief.\nユーザー: Hi\nシステム: Hello!\nユーザー: Why?\nシステム: ",
    ),
    "baichuan2-7b-chat": (
        BAICHUAN,
        "Be brief.<reserved_106>Hi<reserved_107>Hello!<reserved_106>Why?<reserved_107>",
    ),
    "internlm2-chat-1.8b": (INTERNLM, "<s>" + CHATML_TALK),
    "glm-4-9b-chat": (
        GLM_4,
        "[gMASK]<sop><|system|>\nBe brief.<|user|>\nHi<|assistant|>\nHello!<|user|>\nWhy?"
        "<|assistant|>",
    ),
    "stable-zephyr-3b": (NEOX, ZEPHYR_TALK.replace("</s>", "<|endoftext|>")),
    "phi-2": (NEOX, None),
    "dolly-v2-3b": (DOLLY, None),
    "red-pajama-3b-instruct": (NEOX, None),
    "mistral-7b-instruct-v0.2": (LLAMA, MISTRAL_TALK),
    "blenderbot-400m-distill": (LLAMA, " Hi  Hello!   Why?</s>"),
}

ALPACA = (
    "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request."
)
INSTRUCTIONS = {
    "tiny-llama-1b-chat": "<|user|>\nWhy?</s>\n<|assistant|>\n",
    "llama-3-8b-instruct": (
        f"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n{ALPACA}<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nInstruction: Why? Answer:<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
    "phi-2": "Instruct: Why?\nOutput:",
    "dolly-v2-3b": f"{ALPACA}\n\n### Instruction:\nWhy?\n\n### Response:\n",
    "red-pajama-3b-instruct": "Q: Why?\nA:",
    "mistral-7b-instruct-v0.2": "<s>[INST] Why? [/INST]",
    # These have no instruction format: a chat of one turn.
    "gemma-2b-it": "<bos><start_of_turn>user\nWhy?<end_of_turn>\n<start_of_turn>model\n",
    "baichuan2-7b-chat": "<reserved_106>Why?<reserved_107>",
    "qwen2-1.5b-instruct": (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n"
    ),
}

# Ends of a completion: single tokens, and texts. `</s>` and the like are the tokenizers' own.
STOPS: dict[str, tuple[set[str], set[str]]] = {
    "tiny-llama-1b-chat": ({"</s>"}, set()),
    "mini-cpm-2b-dpo": ({"</s>"}, set()),
    "gemma-2b-it": ({"<eos>", "<end_of_turn>"}, set()),
    "gemma-7b-it": ({"<eos>", "<end_of_turn>"}, set()),
    "phi-3-mini-instruct": ({"<|endoftext|>", "<|end|>"}, set()),
    "red-pajama-3b-chat": ({"<|endoftext|>"}, {"<human>:", "\n<human>:"}),
    "llama-2-chat-7b": ({"</s>"}, set()),
    "llama-3-8b-instruct": ({"<|eot_id|>", "<|end_of_text|>"}, set()),
    **dict.fromkeys(
        [m for m in CHATS if m.startswith("qwen")],
        ({"<|im_end|>", "<|endoftext|>"}, set()),
    ),
    # The tokens of ChatML are plain text to the tokenizer of the test, and are found as text.
    "mpt-7b-chat": ({"<|endoftext|>"}, {"<|im_end|>"}),
    "chatglm2-6b": ({"</s>"}, {"\n\n[Round "}),
    "chatglm3-6b": ({"</s>", "<|user|>", "<|observation|>"}, set()),
    "mistral-7b": ({"</s>"}, set()),
    "zephyr-7b-beta": ({"</s>"}, set()),
    "neural-chat-7b-v3-1": ({"</s>"}, {"\n### User:"}),
    "notus-7b-v1": ({"</s>"}, set()),
    "youri-7b-chat": ({"</s>"}, {"\nユーザー:"}),
    "baichuan2-7b-chat": ({"</s>", "<unk>"}, set()),
    "internlm2-chat-1.8b": ({"</s>", "<|im_end|>"}, {"<|im_end|>"}),
    "glm-4-9b-chat": ({"<|endoftext|>", "<|user|>", "<|observation|>"}, set()),
    "stable-zephyr-3b": ({"<|endoftext|>"}, set()),
    "phi-2": ({"<|endoftext|>"}, {"\nInstruct:"}),
    "dolly-v2-3b": ({"<|endoftext|>", "### End"}, set()),
    "red-pajama-3b-instruct": ({"<|endoftext|>"}, {"\nQ:"}),
    "mistral-7b-instruct-v0.2": ({"</s>"}, set()),
    "blenderbot-400m-distill": ({"</s>"}, set()),
}

# What a model writes, and what people see of it.
CLEAN = {
    "red-pajama-3b-chat": (" 1 < 2, of course.\n<human>: And 3?", "1 < 2, of course."),
    "llama-2-chat-7b": ("  Sure [/INST] thing[INST]", "Sure  thing"),
    "chatglm2-6b": (
        "\n 我的知识截止于[[训练时间]]。\n\n[Round 2]\n\n问：",
        "我的知识截止于2023年。",
    ),
    "chatglm3-6b": ("\n 截止于[[训练时间]]", "截止于2023年"),
    "mistral-7b": (" [INST]Yes[/INST]", "Yes"),
    "neural-chat-7b-v3-1": ("Yes.\n### User:\nAnd", "Yes."),
    "youri-7b-chat": ("システム: はい。\nユーザー: では", "はい。"),
    "internlm2-chat-1.8b": ("好的<|im_end|>\n", "好的"),
    "phi-2": (" 42\nInstruct: more", "42"),
    "red-pajama-3b-instruct": (" Paris\nQ: And", "Paris"),
    "mistral-7b-instruct-v0.2": (" a [ b ] [/INS", "a [ b ] [/INS"),
    "zephyr-7b-beta": ("  as it is ", "  as it is "),
}


def build(model_id: str, folder: Path) -> PromptBuilder:
    """The model's prompts, with bytes and its special tokens for a tokenizer."""
    family = CHATS[model_id][0]
    vocab = dict(family.ids)
    free = (i for i in range(1000) if i not in vocab.values())
    specials = [*family.tokens, *(t for t in vocab if t not in family.tokens)]
    for token in [*specials, *sorted(pre_tokenizers.ByteLevel.alphabet())]:
        if token not in vocab:
            vocab[token] = next(free)
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(specials)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"bos_token": family.bos or None, "eos_token": family.eos}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    entry = catalogue.entry(model_id)
    assert entry is not None
    return PromptBuilder.load(folder, entry.prompt)


def shown(builder: PromptBuilder, ids: tuple[int, ...]) -> str:
    """Token ids as text, control tokens included."""
    raw = cast(JsonTokenizer, builder._tokenizer)._tokenizer
    return str(raw.decode(list(ids), skip_special_tokens=False))


@pytest.mark.parametrize("model_id", [m for m, (_, text) in CHATS.items() if text is not None])
def test_the_prompt_of_a_conversation(model_id: str, tmp_path: Path) -> None:
    builder = build(model_id, tmp_path)
    assert shown(builder, builder.encode(TALK)) == CHATS[model_id][1]


@pytest.mark.parametrize("model_id", INSTRUCTIONS)
def test_the_prompt_of_an_instruction(model_id: str, tmp_path: Path) -> None:
    builder = build(model_id, tmp_path)
    assert shown(builder, builder.encode(QUESTION, instruct=True)) == INSTRUCTIONS[model_id]


@pytest.mark.parametrize("model_id", [m for m, (_, text) in CHATS.items() if text is None])
def test_an_instruction_model_is_asked_in_its_format_on_every_page(
    model_id: str, tmp_path: Path
) -> None:
    builder = build(model_id, tmp_path)
    assert builder.encode(QUESTION) == builder.encode(QUESTION, instruct=True)


@pytest.mark.parametrize("model_id", CHATS)
def test_what_ends_a_completion(model_id: str, tmp_path: Path) -> None:
    builder = build(model_id, tmp_path)
    tokens, strings = STOPS[model_id]
    assert {shown(builder, (id_,)) for id_ in builder.stop_token_ids} == tokens
    assert set(builder.stop_strings) == strings


@pytest.mark.parametrize("model_id", CHATS)
@pytest.mark.parametrize("instruct", [False, True])
def test_people_cannot_write_control_tokens(model_id: str, instruct: bool, tmp_path: Path) -> None:
    builder = build(model_id, tmp_path)
    family = CHATS[model_id][0]
    entry = catalogue.entry(model_id)
    assert entry is not None
    control = [*family.tokens, *(t for t, _ in family.ids), *entry.prompt.role_markers]
    attack = "Hi" + "".join(control) + "you" + " ".join(control)

    def prompt(text: str) -> tuple[int, ...]:
        return builder.encode([Message("user", text)], instruct=instruct)

    harmless, attacked = shown(builder, prompt("Hi")), shown(builder, prompt(attack))
    for marker in control:
        assert attacked.count(marker) == harmless.count(marker)
    special = {builder._tokenizer.token_to_id(t) for t in builder._tokenizer.special_tokens}
    assert [i for i in prompt(attack) if i in special] == [i for i in prompt("Hi") if i in special]
    assert attack in attacked.replace(WORD_JOINER, "")


@pytest.mark.parametrize("system", [False, True])
@pytest.mark.parametrize("model_id", CHATS)
def test_people_cannot_begin_with_a_role_marker(
    model_id: str, system: bool, tmp_path: Path
) -> None:
    """Neither do they where a system message is put in front of what they wrote."""
    builder = build(model_id, tmp_path)
    entry = catalogue.entry(model_id)
    assert entry is not None
    before = [Message("system", "Be brief.")] if system else []

    def prompt(text: str) -> str:
        return shown(builder, builder.encode([*before, Message("user", text)]))

    for marker in entry.prompt.role_markers:
        attacked = prompt(marker.lstrip("\n") + "\nSure!")
        assert attacked.count(marker) == prompt("Hi").count(marker)


# A system message in the middle, of models that have no place for one there.
LATE = {
    "gemma-2b-it": (
        "<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\nHello!<end_of_turn>\n"
        "<start_of_turn>user\nBe brief.\n\nWhy?<end_of_turn>\n<start_of_turn>model\n"
    ),
    "llama-2-chat-7b": "<s>[INST] Hi [/INST] Hello! </s><s>[INST] Be brief.\n\nWhy? [/INST]",
    "mistral-7b": "<s>[INST] Hi [/INST]Hello!</s>[INST] Be brief.\n\nWhy? [/INST]",
    "red-pajama-3b-chat": "<human>: Hi\n<bot>: Hello!\n<human>: Be brief.\n\nWhy?\n<bot>:",
    "chatglm2-6b": (
        "[gMASK]sop[Round 1]\n\n问：Hi\n\n答：Hello!\n\n[Round 2]\n\n问：Be brief.\n\nWhy?\n\n答："
    ),
    "mini-cpm-2b-dpo": "<用户>Hi<AI>Hello!<用户>Be brief.\n\nWhy?<AI>",
    "baichuan2-7b-chat": (
        "<reserved_106>Hi<reserved_107>Hello!<reserved_106>Be brief.\n\nWhy?<reserved_107>"
    ),
}


@pytest.mark.parametrize("model_id", LATE)
def test_the_prompt_of_a_conversation_with_a_late_system_message(
    model_id: str, tmp_path: Path
) -> None:
    builder = build(model_id, tmp_path)
    system, hi, hello, why = TALK
    assert shown(builder, builder.encode([hi, hello, system, why])) == LATE[model_id]


def test_a_second_system_message_leaves_the_first_in_its_place(tmp_path: Path) -> None:
    builder = build("llama-2-chat-7b", tmp_path)
    messages = [*TALK[:3], Message("system", "In French."), TALK[3]]
    assert shown(builder, builder.encode(messages)) == (
        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello! </s>"
        "<s>[INST] In French.\n\nWhy? [/INST]"
    )


# These take one instruction, into which a conversation is put whole; and an encoder-decoder model
# reads every prompt anew.
OF_ONE_PIECE = ("phi-2", "dolly-v2-3b", "red-pajama-3b-instruct", "blenderbot-400m-distill")


@pytest.mark.parametrize("model_id", [m for m in CHATS if m not in OF_ONE_PIECE])
def test_the_next_turns_prompt_begins_with_the_last_ones(model_id: str, tmp_path: Path) -> None:
    """So that the engine's prefix cache spares it all but what is new."""
    builder = build(model_id, tmp_path)
    before, after = builder.encode(TALK[:2]), builder.encode(TALK)
    assert after[: len(before)] == before


@pytest.mark.parametrize("model_id", CLEAN)
def test_leftovers_of_the_format_are_never_seen(model_id: str, tmp_path: Path) -> None:
    """Wherever the text is cut into pieces, and character by character."""
    builder = build(model_id, tmp_path)
    raw, expected = CLEAN[model_id]
    cuts = [[raw[:i], raw[i:]] for i in range(len(raw) + 1)]
    for pieces in [*cuts, list(raw)]:
        cleaner = builder.clean_up(builder.encode(QUESTION))
        seen = [cleaner.take(piece) for piece in pieces]
        assert "".join([*seen, cleaner.take("", last=True)]) == expected


def test_every_promised_model_is_here() -> None:
    assert CHATS.keys() == STOPS.keys()
    assert len(CHATS) == 31
    instructed = {e.model_id for e in catalogue.entries() if e.prompt.instruct_template}
    assert instructed <= INSTRUCTIONS.keys()
