"""The families: configuration, tokenizer and files of each, from general knowledge of the hub.

Dimensions are small, but heads are as wide as the real ones (64, 80, 96, 128, 256), because that is
what attention kernels are particular about.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from tests.checkpoints import templates, vocabularies
from tests.checkpoints.vocabularies import VOCAB, Vocabulary

Weights = Literal["safetensors", "sharded", "pickle", "sharded-pickle"]


@dataclass(frozen=True, slots=True)
class Family:
    """`config` is the whole config.json; `code` means that the repository brings Python files.

    With `own_type` the model type is one that transformers does not have: only the repository's
    code can make the model, which is then one of `model_class` under another name.
    """

    model_class: str
    config: dict[str, Any]
    vocabulary: Vocabulary
    weights: Weights = "safetensors"
    generation: dict[str, Any] = field(default_factory=dict)
    code: bool = False
    own_type: str = ""
    embeddings: tuple[str, ...] = ("embed_tokens", "lm_head")
    """Parts of the parameters' names whose rows belong to tokens."""
    spread: float = 3.0
    """How far these rows are from each other."""


def _decoder(model_type: str, model_class: str, **own: Any) -> dict[str, Any]:
    """What configurations of the Llama kind have in common."""
    return {
        "architectures": [model_class],
        "model_type": model_type,
        "vocab_size": VOCAB,
        "hidden_size": 256,
        "intermediate_size": 512,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 2048,
        "tie_word_embeddings": False,
        "initializer_range": 0.02,
        "use_cache": True,
        "hidden_act": "silu",
        "torch_dtype": "bfloat16",
        "transformers_version": "4.38.0",
        **own,
    }


def _llama(**own: Any) -> dict[str, Any]:
    common = {"rms_norm_eps": 1e-05, "rope_scaling": None, "rope_theta": 10000.0}
    ids = {"bos_token_id": 1, "eos_token_id": 2, "pretraining_tp": 1, "attention_bias": False}
    return _decoder("llama", "LlamaForCausalLM", **common, **ids, **own)


def _mistral(**own: Any) -> dict[str, Any]:
    own = {"sliding_window": 4096, "rope_theta": 10000.0, **own}
    fixed = {"num_key_value_heads": 2, "rms_norm_eps": 1e-05, "bos_token_id": 1, "eos_token_id": 2}
    return _decoder("mistral", "MistralForCausalLM", **fixed, **own)


def _qwen2(tied: bool) -> dict[str, Any]:
    own = {"num_key_value_heads": 2, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0}
    window = {"sliding_window": 32768, "max_window_layers": 28, "use_sliding_window": False}
    ids = {"bos_token_id": VOCAB - 3, "eos_token_id": VOCAB - 1, "attention_dropout": 0.0}
    shape = {"num_attention_heads": 2, "num_key_value_heads": 1, "tie_word_embeddings": tied}
    return _decoder("qwen2", "Qwen2ForCausalLM", **{**own, **window, **ids, **shape})


def _neox(parallel: bool, rotary: float) -> dict[str, Any]:
    return {
        "architectures": ["GPTNeoXForCausalLM"],
        "model_type": "gpt_neox",
        "vocab_size": VOCAB,
        "hidden_size": 320,
        "intermediate_size": 1280,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 2048,
        "hidden_act": "gelu",
        "rotary_pct": rotary,
        "rotary_emb_base": 10000,
        "use_parallel_residual": parallel,
        "layer_norm_eps": 1e-05,
        "initializer_range": 0.02,
        "tie_word_embeddings": False,
        "use_cache": True,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "torch_dtype": "float16",
        "transformers_version": "4.28.1",
    }


def _stand_in(own_type: str) -> Family:
    words = vocabularies.llama_words(templates.ZEPHYR)
    config = _llama(num_key_value_heads=4)
    return Family("LlamaForCausalLM", config, words, code=True, own_type=own_type)


FAMILIES: dict[str, Family] = {
    "tiny-llama": Family(
        "LlamaForCausalLM",
        _llama(num_key_value_heads=2),
        vocabularies.llama_words(templates.ZEPHYR, pad="</s>"),
        generation={"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "max_length": 2048},
    ),
    "llama-2": Family(
        "LlamaForCausalLM",
        _llama(num_key_value_heads=4, torch_dtype="float16"),
        vocabularies.llama_words(templates.LLAMA_2),
        "sharded",
        {"do_sample": True, "temperature": 0.6, "top_p": 0.9, "bos_token_id": 1, "eos_token_id": 2},
    ),
    "llama-3": Family(
        "LlamaForCausalLM",
        _llama(num_key_value_heads=2)
        | {"rope_theta": 500000.0, "bos_token_id": VOCAB - 5, "eos_token_id": VOCAB - 4},
        vocabularies.LLAMA_3,
        "sharded",
        {"bos_token_id": VOCAB - 5, "eos_token_id": [VOCAB - 4, VOCAB - 1], "do_sample": True},
    ),
    "youri": Family(
        "LlamaForCausalLM",
        _llama(num_key_value_heads=4),
        vocabularies.llama_words(kind="sentencepiece-model"),
        "sharded-pickle",
    ),
    "gemma": Family(
        "GemmaForCausalLM",
        _decoder(
            *("gemma", "GemmaForCausalLM"),
            **{"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 256},
            **{"hidden_act": "gelu", "hidden_activation": None, "tie_word_embeddings": True},
            **{"rms_norm_eps": 1e-06, "rope_theta": 10000.0, "rope_scaling": None},
            **{"bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, "attention_bias": False},
        ),
        vocabularies.GEMMA,
        "sharded",
        {"bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0},
    ),
    "red-pajama": Family(
        "GPTNeoXForCausalLM",
        _neox(parallel=False, rotary=1.0),
        vocabularies.neox_words(),
        "pickle",
        embeddings=("embed_in", "embed_out"),
    ),
    "dolly": Family(
        "GPTNeoXForCausalLM",
        _neox(parallel=True, rotary=0.25) | {"custom_pipelines": {}},
        vocabularies.neox_words("### End", "### Instruction:", "### Response:"),
        "pickle",
        embeddings=("embed_in", "embed_out"),
    ),
    "qwen2": Family(
        "Qwen2ForCausalLM",
        _qwen2(tied=True),
        vocabularies.chatml_words("Qwen2Tokenizer", eos="<|im_end|>"),
        generation={
            **{"do_sample": True, "temperature": 0.7, "top_p": 0.8, "top_k": 20},
            **{"repetition_penalty": 1.1, "eos_token_id": [VOCAB - 1, VOCAB - 3]},
            **{"bos_token_id": VOCAB - 3, "pad_token_id": VOCAB - 3},
        },
    ),
    "qwen1.5": Family(
        "Qwen2ForCausalLM",
        _qwen2(tied=False),
        vocabularies.chatml_words("Qwen2Tokenizer", eos="<|im_end|>"),
        "sharded",
        {"do_sample": True, "top_p": 0.8, "eos_token_id": [VOCAB - 1, VOCAB - 3]},
    ),
    "mpt": Family(
        "MptForCausalLM",
        {
            "architectures": ["MPTForCausalLM"],
            "model_type": "mpt",
            **{"d_model": 256, "n_heads": 2, "n_layers": 2, "expansion_ratio": 4},
            **{"max_seq_len": 2048, "vocab_size": VOCAB, "no_bias": True, "learned_pos_emb": True},
            "attn_config": {
                **{"alibi": True, "alibi_bias_max": 8, "attn_impl": "torch", "attn_pdrop": 0},
                **{"attn_type": "multihead_attention", "attn_uses_sequence_id": False},
                **{"clip_qkv": None, "prefix_lm": False, "qk_ln": False, "softmax_scale": None},
            },
            **{"emb_pdrop": 0, "resid_pdrop": 0, "embedding_fraction": 1.0, "init_device": "cpu"},
            **{"norm_type": "low_precision_layernorm", "use_cache": False, "verbose": 0},
            **{"logit_scale": None, "tokenizer_name": "EleutherAI/gpt-neox-20b"},
            **{"torch_dtype": "bfloat16", "transformers_version": "4.28.1"},
        },
        vocabularies.chatml_words("GPTNeoXTokenizer", eos="<|im_end|>", bos="<|endoftext|>"),
        "sharded-pickle",
        {"eos_token_id": [VOCAB - 3, VOCAB - 1]},
        code=True,
        embeddings=("wte",),
    ),
    "mistral": Family("MistralForCausalLM", _mistral(), vocabularies.llama_words(), "sharded"),
    "zephyr": Family(
        "MistralForCausalLM",
        _mistral(pad_token_id=2),
        vocabularies.llama_words(templates.ZEPHYR, pad="</s>"),
        "sharded",
    ),
    "mistral-instruct": Family(
        "MistralForCausalLM",
        _mistral(sliding_window=None, rope_theta=1000000.0),
        vocabularies.llama_words(templates.MISTRAL),
        "sharded",
    ),
    "phi3": Family(
        "Phi3ForCausalLM",
        _decoder(
            *("phi3", "Phi3ForCausalLM"),
            **{"hidden_size": 384, "intermediate_size": 768, "num_key_value_heads": 4},
            **{"sliding_window": 2047, "rope_theta": 10000.0, "rope_scaling": None},
            **{"original_max_position_embeddings": 2048, "rms_norm_eps": 1e-05},
            **{"embd_pdrop": 0.0, "resid_pdrop": 0.0, "attention_dropout": 0.0},
            **{"bos_token_id": 1, "eos_token_id": VOCAB - 5, "pad_token_id": VOCAB - 5},
        ),
        vocabularies.PHI_3,
        "sharded",
        {"bos_token_id": 1, "eos_token_id": [VOCAB - 5, VOCAB - 2, VOCAB - 4]},
        code=True,
    ),
    "stablelm": Family(
        "StableLmForCausalLM",
        _decoder(
            *("stablelm", "StableLmForCausalLM"),
            **{"hidden_size": 320, "intermediate_size": 768, "num_key_value_heads": 4},
            **{"partial_rotary_factor": 0.25, "rope_theta": 10000, "layer_norm_eps": 1e-05},
            **{"use_qkv_bias": False, "bos_token_id": 0, "eos_token_id": 0},
        ),
        vocabularies.neox_words(template=templates.ZEPHYR),
        generation={"bos_token_id": 0, "eos_token_id": 0},
    ),
    "phi": Family(
        "PhiForCausalLM",
        _decoder(
            *("phi", "PhiForCausalLM"),
            **{"hidden_size": 320, "intermediate_size": 1280, "num_key_value_heads": 4},
            **{"partial_rotary_factor": 0.4, "rope_theta": 10000.0, "layer_norm_eps": 1e-05},
            **{"hidden_act": "gelu_new", "qk_layernorm": False, "torch_dtype": "float16"},
            **{"embd_pdrop": 0.0, "resid_pdrop": 0.1, "attention_dropout": 0.0},
            **{"bos_token_id": VOCAB - 1, "eos_token_id": VOCAB - 1, "rope_scaling": None},
        ),
        vocabularies.PHI_2,
        "sharded",
        {"bos_token_id": VOCAB - 1, "eos_token_id": VOCAB - 1},
    ),
    "blenderbot": Family(
        "BlenderbotForConditionalGeneration",
        {
            "architectures": ["BlenderbotForConditionalGeneration"],
            "model_type": "blenderbot",
            "is_encoder_decoder": True,
            **{"vocab_size": VOCAB, "d_model": 256, "max_position_embeddings": 128},
            **{"encoder_layers": 1, "decoder_layers": 2, "num_hidden_layers": 1},
            **{"encoder_attention_heads": 8, "decoder_attention_heads": 8},
            **{"encoder_ffn_dim": 512, "decoder_ffn_dim": 512, "activation_function": "gelu"},
            **{"normalize_before": True, "normalize_embedding": False, "scale_embedding": True},
            **{"static_position_embeddings": False, "use_cache": True, "init_std": 0.02},
            **{"bos_token_id": 1, "pad_token_id": 0, "eos_token_id": 2},
            **{"decoder_start_token_id": 1, "forced_eos_token_id": 2},
            "encoder_no_repeat_ngram_size": 3,
            **{"num_beams": 10, "min_length": 20, "max_length": 60, "length_penalty": 0.65},
            **{"tie_word_embeddings": True, "torch_dtype": "float32"},
        },
        vocabularies.BLENDERBOT,
        "pickle",
        {
            **{"bos_token_id": 1, "pad_token_id": 0, "eos_token_id": 2, "num_beams": 10},
            **{"decoder_start_token_id": 1, "forced_eos_token_id": 2, "max_length": 60},
            **{"min_length": 20, "length_penalty": 0.65, "encoder_no_repeat_ngram_size": 3},
        },
        embeddings=("shared", "embed_tokens", "lm_head"),
        spread=0.3,
    ),
    "remote-code": _stand_in("made_up"),
    "minicpm": _stand_in("minicpm"),
}
"""By name. The last two cannot be made without the code that they bring. The real class of MiniCPM
may not be copied here: this is a Llama that calls itself so, which tests the way and not the
architecture."""
