"""The catalogue as somebody sees who chooses."""

import json
from pathlib import Path

import pytest

from app.config import Settings
from app.inference import catalogue, offers
from app.inference.estimate import GIB, Machine, Reference
from app.inference.installed import InstalledModel
from app.inference.measurements import Measured, Sample
from app.inference.offers import Here, Need, Wanted
from app.inference.types import ModelRef

HERE = Here(Machine(16 * GIB, 12 * GIB, 20e9))
NEED = Need(users=4, context=2048, limit=2 * GIB)


def ids(**wanted: str) -> set[str]:
    return {entry.model_id for entry in offers.matching(Wanted(**wanted))}


def test_nothing_wanted_is_everything() -> None:
    assert ids() == {entry.model_id for entry in catalogue.entries()}


def test_words_are_looked_for_in_names_makers_and_descriptions() -> None:
    assert "qwen2-1.5b-instruct" in ids(text="QWEN 1.5b")
    assert "qwen2-1.5b-instruct" not in ids(text="qwen mistral")
    assert ids(text="no such thing") == set()


@pytest.mark.parametrize(
    ("wanted", "attribute"),
    [({"language": "zh"}, "languages"), ({"page": "instruct"}, "pages")],
)
def test_filters_leave_what_has_it(wanted: dict[str, str], attribute: str) -> None:
    (value,) = wanted.values()
    having = {e.model_id for e in catalogue.entries() if value in getattr(e, attribute)}
    assert ids(**wanted) == having
    assert 0 < len(having) < len(catalogue.entries())


def test_sizes_divide_the_catalogue() -> None:
    parts = [ids(size=size) for size in offers.SIZES]
    assert sum(map(len, parts)) == len(catalogue.entries())
    assert set.union(*parts) == ids()


def test_licences_divide_the_catalogue() -> None:
    assert sum(len(ids(licence=licence)) for licence in offers.licences()) == len(ids())


def test_an_offer_is_for_the_recommended_format_unless_another_is_wanted() -> None:
    entry = catalogue.entry("qwen2-1.5b-instruct")
    assert entry is not None
    small = offers.offer(entry, NEED, HERE)
    large = offers.offer(entry, NEED, HERE, "fp16")
    assert (small.weight_format, large.weight_format) == ("int4", "fp16")
    assert small.estimate.memory_bytes < large.estimate.memory_bytes
    assert small.estimate.tokens_per_second > large.estimate.tokens_per_second


def test_more_people_need_more_memory() -> None:
    entry = catalogue.entry("qwen2-1.5b-instruct")
    assert entry is not None
    crowd = offers.offer(entry, Need(8, 2048, 2 * GIB), HERE).estimate
    alone = offers.offer(entry, Need(1, 2048, 2 * GIB), HERE).estimate
    assert crowd.kv_cache_bytes == 8 * alone.kv_cache_bytes


def test_an_installed_model_knows_its_own_cache(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "qwen2-1.5b-instruct" / "int8"
    folder.mkdir(parents=True)
    for name in ("openvino_model.bin", "tokenizer.json"):
        (folder / name).write_text("{}")
    (folder / "openvino_model.xml").write_text("<net/>")
    config = {"model_type": "qwen2", "num_hidden_layers": 28, "hidden_size": 1536}
    config |= {"num_attention_heads": 12, "num_key_value_heads": 2}
    (folder / "config.json").write_text(json.dumps(config))
    here = offers.look_around(Settings(_env_file=None, data_dir=tmp_path))
    entry = catalogue.entry("qwen2-1.5b-instruct")
    assert entry is not None
    known, typical = offers.offer(entry, NEED, here), offers.offer(entry, NEED, HERE)
    # Two key and value heads instead of twelve.
    assert known.estimate.kv_cache_bytes < typical.estimate.kv_cache_bytes / 2


def test_what_ran_alone_on_the_cpu_is_what_estimates_rest_on(tmp_path: Path) -> None:
    ref = ModelRef("one", "int8")
    model = InstalledModel(ref, tmp_path, 1000, "llama", 2048, "genai")

    def measured(model_id: str, device: str, together: int) -> Measured:
        return Measured(model_id, "int8", device, (Sample(30.0, together),))

    ran = [
        measured("one", "CPU", 1),
        measured("one", "GPU", 1),
        measured("one", "CPU", 8),
        measured("deleted", "CPU", 1),
    ]
    assert offers.references([model], ran) == [Reference(1000, 30.0)]


def test_looking_around_needs_nothing_installed(tmp_path: Path) -> None:
    data_dir = tmp_path / "not" / "there"
    here = offers.look_around(Settings(_env_file=None, data_dir=data_dir))
    assert here.references == ()
    assert here.machine.memory_total > 0
    assert offers.free_disk(data_dir) > 0
