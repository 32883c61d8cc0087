"""Ready-made models of families whose classes live on the hub and may not be copied here.

Each is a Llama inside, with the family's kind of tokenizer and special tokens, and with the
configuration that its repository has: model type, `auto_map` and its own spellings of the sizes.
There is no `tokenizer.json`, because these tokenizers are code; only a tokenizer that was converted
to OpenVINO.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.checkpoints import vocabularies
from tests.checkpoints.vocabularies import VOCAB, Vocabulary

HIDDEN, HEADS, LAYERS, CONTEXT = 128, 2, 2, 2048
_END, _START, _STOP = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
_GLM_ROLES = ("<|system|>", "<|user|>", "<|assistant|>", "<|observation|>")


@dataclass(frozen=True, slots=True)
class Remote:
    """`config` is laid over the Llama's; `rows` is how many ids the model knows."""

    vocabulary: Vocabulary
    config: dict[str, Any]
    rows: int = VOCAB


def _sizes(**names: str) -> dict[str, int]:
    values = {"hidden": HIDDEN, "heads": HEADS, "layers": LAYERS, "context": CONTEXT}
    return {own: values[ours] for ours, own in names.items()}


def _auto_map(family: str) -> dict[str, str]:
    return {
        "AutoConfig": f"configuration_{family.lower()}.{family}Config",
        "AutoModelForCausalLM": f"modeling_{family.lower()}.{family}ForCausalLM",
    }


def _chatglm(rows: int) -> dict[str, Any]:
    return {
        "model_type": "chatglm",
        "architectures": ["ChatGLMModel"],
        "auto_map": {**_auto_map("ChatGLM"), "AutoModel": "modeling_chatglm.ChatGLMModel"},
        **_sizes(hidden="hidden_size", heads="num_attention_heads", layers="num_layers"),
        **{"seq_length": CONTEXT, "kv_channels": HIDDEN // HEADS, "multi_query_group_num": HEADS},
        **{"padded_vocab_size": rows, "multi_query_attention": True, "eos_token_id": 2},
    }


def _llama_like(model_type: str, family: str) -> dict[str, Any]:
    return {
        "model_type": model_type,
        "architectures": [f"{family}ForCausalLM"],
        "auto_map": _auto_map(family),
        **_sizes(hidden="hidden_size", heads="num_attention_heads", layers="num_hidden_layers"),
        **{"vocab_size": VOCAB, "bos_token_id": 1, "eos_token_id": 2},
    }


_SENTENCEPIECE = vocabularies.llama_words(class_name="PreTrainedTokenizerFast")
_BYTES = Vocabulary("byte-level", "PreTrainedTokenizerFast", (), (_END, _START, _STOP), eos=_END)

REMOTE: dict[str, Remote] = {
    "qwen-7b-chat": Remote(
        _BYTES,
        _llama_like("qwen", "QWenLMHead")
        | {"seq_length": CONTEXT, "kv_channels": 64, "bos_token_id": None, "eos_token_id": None},
    ),
    # The ids of their roles lie beyond 64,789.
    "chatglm2-6b": Remote(_SENTENCEPIECE, _chatglm(65024), 65024),
    "chatglm3-6b": Remote(_SENTENCEPIECE, _chatglm(65024), 65024),
    "glm-4-9b-chat": Remote(
        replace(_BYTES, last=(_END, "[gMASK]", "<sop>", *_GLM_ROLES)),
        _chatglm(VOCAB) | {"eos_token_id": [VOCAB - 7, VOCAB - 3, VOCAB - 1]},
    ),
    "baichuan2-7b-chat": Remote(
        _SENTENCEPIECE,
        _llama_like("baichuan", "Baichuan") | {"model_max_length": CONTEXT},
    ),
    "internlm2-chat-1.8b": Remote(
        replace(_SENTENCEPIECE, last=(_START, _STOP)),
        _llama_like("internlm2", "InternLM2") | {"max_position_embeddings": CONTEXT},
    ),
    "mini-cpm-2b-dpo": Remote(
        _SENTENCEPIECE,
        _llama_like("minicpm", "MiniCPM") | {"max_position_embeddings": CONTEXT},
    ),
}
"""By the catalogue's id."""


def inside(remote: Remote) -> dict[str, Any]:
    """The configuration of the Llama that is exported."""
    return {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        **_sizes(hidden="hidden_size", heads="num_attention_heads", layers="num_hidden_layers"),
        **{"num_key_value_heads": HEADS, "intermediate_size": 256, "vocab_size": remote.rows},
        **{"max_position_embeddings": CONTEXT, "tie_word_embeddings": False},
        **{"torch_dtype": "float32", "bos_token_id": 1, "eos_token_id": 2},
    }


def disguise(folder: Path, remote: Remote) -> None:
    """Make an exported Llama's folder look like one of the family."""
    config = {"torch_dtype": "float16", "transformers_version": "4.41.0", **remote.config}
    (folder / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "tokenizer.json").unlink()
    words = folder / "tokenizer_config.json"
    settings = json.loads(words.read_text(encoding="utf-8"))
    settings["tokenizer_class"] = "OwnTokenizer"
    settings["auto_map"] = {"AutoTokenizer": ["tokenization_own.OwnTokenizer", None]}
    words.write_text(json.dumps(settings, indent=2), encoding="utf-8")
