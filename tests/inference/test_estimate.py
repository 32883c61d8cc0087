"""The arithmetic of estimates, against sizes that are published and against itself."""

import pytest

from app.inference import estimate
from app.inference.conversion.types import Compression
from app.inference.estimate import GIB, Machine, Reference

HOUSEHOLD = Machine(16 * GIB, 12 * GIB, 20e9)
INT4 = Compression("int4", group_size=128, ratio=1.0)


def test_fp16_is_two_bytes_a_weight_and_int8_one() -> None:
    assert estimate.weights_bytes(7.0, Compression("fp16")) == 14e9
    assert estimate.weights_bytes(7.0, Compression("int8")) == 7e9


@pytest.mark.parametrize(
    ("compression", "bytes_a_weight"),
    [
        (INT4, 0.5 + 2.5 / 128),
        (Compression("int4", group_size=64, sym=True), 0.5 + 2 / 64),
        (Compression("int4", group_size=-1), 0.5),
    ],
)
def test_int4_counts_scales_and_zero_points_of_its_groups(
    compression: Compression, bytes_a_weight: float
) -> None:
    # 100,000 embeddings of width 4096 stay int8.
    layers = 6.7e9 - 100_000 * 4096
    expected = layers * bytes_a_weight + 100_000 * 4096
    assert estimate.weights_bytes(6.7, compression) == pytest.approx(expected)


def test_a_smaller_ratio_of_int4_makes_a_larger_model() -> None:
    sizes = [
        estimate.weights_bytes(3.0, Compression("int4", ratio=ratio))
        for ratio in (1.0, 0.8, 0.5, 0.0)
    ]
    assert sizes == sorted(sizes)
    assert sizes[-1] == estimate.weights_bytes(3.0, Compression("int8"))


@pytest.mark.parametrize(
    ("parameters", "published"), [(1.1, 0.70e9), (1.54, 1.1e9), (7.6, 5.3e9), (8.0, 5.3e9)]
)
def test_estimates_are_near_published_int4_sizes(parameters: float, published: float) -> None:
    """The int4 repositories of the OpenVINO organisation, most of them with ratio 0.8 to 1."""
    estimated = estimate.weights_bytes(parameters, Compression("int4", ratio=0.8))
    assert 0.7 < estimated / published < 1.4


def test_the_cache_grows_with_people_and_length_up_to_its_limit() -> None:
    one = estimate.kv_cache_bytes(1000, 2048, 1, GIB)
    assert one == 2_048_000
    assert estimate.kv_cache_bytes(1000, 2048, 8, GIB) == 8 * one
    assert estimate.kv_cache_bytes(1000, 4096, 1, GIB) == 2 * one
    assert estimate.kv_cache_bytes(100_000, 32768, 64, GIB) == GIB
    # Llama 2 7B: 32 layers of width 4096, keys and values.
    assert estimate.kv_bytes_per_token(6.7) == 2 * 32 * 4096


def test_what_fits_is_told_from_what_would_and_what_never_will() -> None:
    assert estimate.verdict(9 * GIB, HOUSEHOLD) == "fits"
    assert estimate.verdict(12 * GIB, HOUSEHOLD) == "tight"
    assert estimate.verdict(14 * GIB, HOUSEHOLD) == "too large"


def test_everything_that_takes_memory_is_counted() -> None:
    expected = estimate.estimate(4_000_000_000, GIB, HOUSEHOLD)
    parts = expected.weights_bytes + expected.kv_cache_bytes + expected.runtime_bytes
    assert expected.memory_bytes == parts > 4_000_000_000 + GIB
    assert expected.verdict == "fits"


def test_speed_is_the_memorys_where_nothing_has_run_yet() -> None:
    assert estimate.tokens_per_second(1e9, HOUSEHOLD) == pytest.approx(0.6 * 20)
    half = estimate.tokens_per_second(2e9, HOUSEHOLD)
    assert half == pytest.approx(0.6 * 10), "twice the bytes, half the speed"


def test_speed_follows_the_nearest_model_that_ran() -> None:
    ran = [Reference(500_000_000, 30.0), Reference(4_000_000_000, 5.0)]
    assert estimate.tokens_per_second(1e9, HOUSEHOLD, ran) == pytest.approx(15)
    assert estimate.tokens_per_second(8e9, HOUSEHOLD, ran) == pytest.approx(2.5)


def test_a_tiny_model_says_nothing_of_large_ones() -> None:
    tiny = [Reference(9_000_000, 600.0)]
    assert estimate.tokens_per_second(1e9, HOUSEHOLD, tiny) == pytest.approx(12)


def test_a_mixture_of_experts_reads_a_part() -> None:
    whole = estimate.estimate(16_000_000_000, 0, HOUSEHOLD)
    part = estimate.estimate(16_000_000_000, 0, HOUSEHOLD, share_read=0.1)
    assert part.tokens_per_second == pytest.approx(10 * whole.tokens_per_second)
    assert part.memory_bytes == whole.memory_bytes


def test_this_machine_is_measured_once() -> None:
    first, second = estimate.machine(), estimate.machine()
    assert first.bandwidth == second.bandwidth
    assert 1e8 < first.bandwidth < 1e13
    assert 0 < first.memory_available <= first.memory_total
