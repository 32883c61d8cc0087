"""Writes checkpoints and ready-made models: the part of `tests.checkpoints` that needs torch.

python -m tests.checkpoints.maker FOLDER checkpoint NAME…
python -m tests.checkpoints.maker FOLDER ready CHECKPOINT WEIGHT_FORMAT
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from app.inference.offline import stay_offline

stay_offline()

import torch  # noqa: E402 (only once it stays offline)
import transformers  # noqa: E402

from tests.checkpoints import ran, remote, tokenizers  # noqa: E402
from tests.checkpoints.families import FAMILIES, Family  # noqa: E402
from tests.checkpoints.vocabularies import VOCAB  # noqa: E402

_SHARD_BYTES = 1_500_000


def main(folder: Path, task: str, *arguments: str) -> None:
    if task == "checkpoint":
        for name in arguments:
            write(folder / name, FAMILIES[name])
    elif task == "ready":
        checkpoint, weight_format = arguments
        _export(Path(checkpoint), folder, weight_format)
    elif task == "greedy":
        ids, count = arguments
        print(json.dumps(_greedy(folder, json.loads(ids), int(count))))
    else:
        _write_remote(folder / arguments[0], remote.REMOTE[arguments[0]])


def write(folder: Path, family: Family) -> None:
    """The whole repository of one family in `folder`."""
    folder.mkdir(parents=True)
    config = json.loads(json.dumps(family.config))
    config_class = transformers.CONFIG_MAPPING[config["model_type"]]
    torch.manual_seed(0)
    model = getattr(transformers, family.model_class)(config_class.from_dict(dict(config)))
    vocabulary = family.vocabulary
    _spread_logits(model, family, len(vocabulary.first), len(vocabulary.last))
    model.to(getattr(torch, config["torch_dtype"]))
    _write_weights(model, folder, family)
    if family.own_type:
        config["model_type"] = family.own_type
    if family.code:
        _write_code(folder, family, config)
    _write_json(folder / "config.json", config)
    if family.generation:
        _write_json(folder / "generation_config.json", family.generation)
    tokenizers.write(folder, vocabulary, 2048)
    (folder / "README.md").write_text(
        f"---\nlicense: other\n---\n\n# {folder.name}\n", encoding="utf-8"
    )


def _spread_logits(model: Any, family: Family, first: int, last: int) -> None:
    """Random matrices that keep the size of what flows through, and token rows that differ much.

    Special tokens have empty rows, so that they are hardly ever written and streams last.
    """
    # Where the rows are read and written, layers must outweigh them: it would say its prompt's
    # last token for ever.
    inner = 1.0 if family.config.get("tie_word_embeddings") is False else 3.0
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim != 2:
                continue
            of_tokens = any(part in name for part in family.embeddings)
            parameter.normal_(
                0, (family.spread if of_tokens else inner) / parameter.shape[1] ** 0.5
            )
            if of_tokens and "position" not in name:
                parameter[:first] = 0
                if last:
                    parameter[VOCAB - last : VOCAB] = 0
                parameter[VOCAB:] = 0  # the tokenizer knows no such ids


def _write_weights(model: Any, folder: Path, family: Family) -> None:
    if "pickle" not in family.weights:
        size = _SHARD_BYTES if family.weights == "sharded" else 10**9
        model.save_pretrained(folder, max_shard_size=size)
        return
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    if family.weights == "pickle":
        torch.save(weights, folder / "pytorch_model.bin")
        return
    names = sorted(weights)
    parts = names[: len(names) // 2], names[len(names) // 2 :]
    index: dict[str, str] = {}
    for number, part in enumerate(parts, 1):
        file = f"pytorch_model-{number:05}-of-{len(parts):05}.bin"
        torch.save({name: weights[name] for name in part}, folder / file)
        index |= dict.fromkeys(part, file)
    total = sum(tensor.nbytes for tensor in weights.values())
    content = {"metadata": {"total_size": total}, "weight_map": index}
    _write_json(folder / "pytorch_model.bin.index.json", content)


def _write_code(folder: Path, family: Family, config: dict[str, Any]) -> None:
    """Python files as such repositories have them, which tell when they run."""
    own, architecture = config["model_type"], config["architectures"][0]
    native = type(transformers.CONFIG_MAPPING[family.config["model_type"]]()).__name__
    tell = f"open({str(ran(folder))!r}, 'a').write(__name__ + '\\n')"
    (folder / f"configuration_{own}.py").write_text(
        f"from transformers import {native}\n\n{tell}\n\n\n"
        f"class OwnConfig({native}):\n    model_type = {own!r}\n",
        encoding="utf-8",
    )
    (folder / f"modeling_{own}.py").write_text(
        f"from transformers import {family.model_class}\n\n"
        f"from .configuration_{own} import OwnConfig\n\n{tell}\n\n\n"
        f"class Own{architecture}({family.model_class}):\n    config_class = OwnConfig\n",
        encoding="utf-8",
    )
    config["auto_map"] = {
        "AutoConfig": f"configuration_{own}.OwnConfig",
        "AutoModelForCausalLM": f"modeling_{own}.Own{architecture}",
    }


def _export(checkpoint: Path, folder: Path, weight_format: str) -> None:
    from optimum.exporters.openvino import main_export
    from optimum.intel import OVConfig

    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    task = "text2text-generation" if config.get("is_encoder_decoder") else "text-generation"
    main_export(
        str(checkpoint),
        folder,
        task=f"{task}-with-past",
        library_name="transformers",
        local_files_only=True,
        ov_config=OVConfig(dtype="fp16"),
        convert_tokenizer=True,
    )
    if weight_format != "fp16":
        _compress(folder, weight_format)
    for name in ("README.md", "tokenizer.json"):
        if (checkpoint / name).is_file():
            shutil.copyfile(checkpoint / name, folder / name)


def _greedy(checkpoint: Path, ids: list[int], count: int) -> list[int]:
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    seq2seq = config.get("is_encoder_decoder", False)
    kind = transformers.AutoModelForSeq2SeqLM if seq2seq else transformers.AutoModelForCausalLM
    # The OpenVINO model holds fp16, too.
    model = kind.from_pretrained(checkpoint).half().float().eval()
    prompt = torch.tensor([ids])
    with torch.no_grad():
        written = model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            # One more than asked for: some models force their last token. What is left out here
            # would be taken from the checkpoint.
            generation_config=transformers.GenerationConfig(
                max_new_tokens=count + 1,
                min_new_tokens=count + 1,
                decoder_start_token_id=config.get("decoder_start_token_id"),
                pad_token_id=0,
                do_sample=False,
                num_beams=1,
                no_repeat_ngram_size=0,
                encoder_no_repeat_ngram_size=0,
                repetition_penalty=1.0,
                length_penalty=1.0,
            ),
        )[0]
    begin = 1 if seq2seq else len(ids)
    return [int(id_) for id_ in written[begin : begin + count]]


def _write_remote(folder: Path, model: remote.Remote) -> None:
    checkpoint = folder / "checkpoint"
    write(checkpoint, Family("LlamaForCausalLM", remote.inside(model), model.vocabulary))
    _export(checkpoint, folder / "int8", "fp16")
    shutil.copytree(folder / "int8", folder / "int4")
    for weight_format in ("int8", "int4"):
        _compress(folder / weight_format, weight_format)
        remote.disguise(folder / weight_format, model)
    shutil.rmtree(checkpoint)


def _compress(folder: Path, weight_format: str) -> None:
    import nncf
    import openvino

    how: dict[str, Any] = {"mode": nncf.CompressWeightsMode.INT8_ASYM}
    if weight_format == "int4":
        how = {"mode": nncf.CompressWeightsMode.INT4_ASYM, "group_size": 64, "ratio": 1.0}
    core = openvino.Core()
    # The file that is read is the one that is written over.
    core.set_property({"ENABLE_MMAP": False})
    for file in folder.glob("openvino_*model.xml"):
        model = nncf.compress_weights(core.read_model(file), **how)
        openvino.save_model(model, file, compress_to_fp16=False)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
