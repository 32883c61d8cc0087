"""Raw failures of the libraries become sentences without their noise."""

import pytest

from app.inference.load_errors import how_it_died, readable

MISSING_DRIVER = """RuntimeError: Exception from src/inference/src/cpp/core.cpp:117:
Cannot load library "/opt/venv/lib/openvino/libs/libopenvino_intel_gpu_plugin.so": libOpenCL.so.1: \
cannot open shared object file: No such file or directory
"""
NO_MODEL = """RuntimeError: Exception from /home/jenkins/openvino.genai/src/cpp/src/utils.cpp:500:
Could not find a model in the directory '"/srv/models/x"'
"""
WRONG_PROPERTY = """RuntimeError: Exception from src/inference/src/cpp/core.cpp:117:
Exception from src/inference/src/dev/plugin.cpp:54:
Exception from src/plugins/intel_cpu/src/config.cpp:344:
Wrong value i8 for property key KV_CACHE_PRECISION. Supported values: u8, u4, bf16, f16, f32
"""
FAILED_CHECK = (
    "RuntimeError: Check 'prompt_len > 0' failed at /home/jenkins/src/sequence_group.hpp:483:\n"
    "Prompt length cannot be 0"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MISSING_DRIVER, "device GPU cannot be used: its driver"),
        (NO_MODEL, "incomplete"),
        ("MemoryError: std::bad_alloc", "not enough memory"),
        ("RuntimeError: [GPU] CL_OUT_OF_RESOURCES", "not enough memory"),
        (WRONG_PROPERTY, "on GPU: Wrong value i8 for property key KV_CACHE_PRECISION."),
        (FAILED_CHECK, "on GPU: Prompt length cannot be 0."),
        ("KeyError: ''", "could not be loaded"),
        ("", "the log has the details"),
    ],
)
def test_keeps_the_meaning_and_drops_the_noise(text: str, words: str) -> None:
    sentence = readable(text, "GPU")
    assert words in sentence
    for noise in ("Exception", "src/", ".cpp", ".hpp", "/opt", "/srv", "/home", "\n"):
        assert noise not in sentence


def test_a_long_text_is_cut_at_a_word() -> None:
    sentence = readable("RuntimeError: " + "word " * 500, "CPU")
    assert len(sentence) < 400
    assert "word …" in sentence


def test_how_it_died() -> None:
    assert "signal 9 (SIGKILL)" in how_it_died(-9)
    assert "memory" in how_it_died(-9)
    assert "signal 11 (SIGSEGV)" in how_it_died(-11)
    assert "signal 250 (unknown)" in how_it_died(-250)
    assert "exit code 3" in how_it_died(3)
