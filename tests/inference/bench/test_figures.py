"""The arithmetic of measurements, on moments made by hand."""

import pytest

from app.inference.bench.figures import Case, Measured, Setup, Timing, percentile

# Two users at once: the second one's first token comes late, and both write 5 tokens.
QUICK = Timing(submitted_at=10.0, first_at=10.5, last_at=12.5, tokens=5)
LATE = Timing(submitted_at=10.0, first_at=12.0, last_at=14.0, tokens=5)
# The same two, twice as fast.
AGAIN = (Timing(20.0, 20.25, 21.25, 5), Timing(20.0, 21.0, 22.0, 5))


def test_one_request() -> None:
    assert QUICK.ttft_s == 0.5
    assert QUICK.tpot_s == 0.5  # four steps in two seconds


def test_one_token_has_no_time_per_token() -> None:
    one = Timing(0.0, 1.0, 1.0, 1)
    assert one.tpot_s is None
    alone = Measured(((one,),))
    assert (alone.tpot_s, alone.user_rate) == (None, None)
    assert alone.total_rate == 1.0


def test_a_round_counts_from_the_first_submission_to_the_last_token() -> None:
    assert Measured(((QUICK, LATE),)).total_rate == 10 / 4
    later = Timing(11.0, 11.5, 16.0, 5)
    assert Measured(((QUICK, later),)).total_rate == 10 / 6


def test_several_rounds() -> None:
    measured = Measured(((QUICK, LATE), AGAIN))
    assert measured.ttft_s == pytest.approx(0.75)  # of 0.25, 0.5, 1, 2
    assert measured.ttft_p95_s == 2.0
    assert measured.tpot_s == pytest.approx(0.375)  # of 0.5, 0.5, 0.25, 0.25
    assert measured.user_rate == pytest.approx(1 / 0.375)
    assert measured.total_rate == pytest.approx((2.5 + 5.0) / 2)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = list(range(100, 0, -1))
    assert [percentile(values, p) for p in (0, 50, 95, 100)] == [1, 50, 95, 100]
    assert percentile([7.0], 95) == 7.0
    assert percentile(range(1, 21), 95) == 19


def test_words() -> None:
    assert str(Case(1024, 1, 8)) == "1,024 tokens, 1 user"
    assert str(Case(32, 4, 8)) == "32 tokens, 4 users"
    assert str(Setup("mine", "int8", "CPU", "genai")) == "mine · int8 · CPU · genai"
