import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers.optimisation.schedule import SCHEDULES, Schedule


def test_constant_is_one_and_its_time_is_the_number_of_steps():
    schedule = Schedule("constant", 5)
    assert [schedule[k] for k in range(1, 6)] == [1] * 5
    assert schedule.elapsed(0) == 0
    assert schedule.elapsed(3) == 3


def test_cosine_with_warm_up_by_hand():
    schedule = Schedule("cosine", 6, warmup=2)
    expected = [0.5, 1.0, 1.0, (1 + math.cos(math.pi / 4)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2]
    assert [schedule[k] for k in range(1, 7)] == pytest.approx(expected)
    assert schedule.elapsed(4) == pytest.approx(sum(expected[:4]))


@given(name=st.sampled_from(sorted(SCHEDULES)), steps=st.integers(1, 40), data=st.data())
def test_rates_are_in_range_and_rise_only_in_the_warm_up(name, steps, data):
    warmup = data.draw(st.integers(0, steps - 1))
    rates = [Schedule(name, steps, warmup)[k] for k in range(1, steps + 1)]
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[warmup] == 1
    assert rates[:warmup] == sorted(rates[:warmup])
    assert rates[warmup:] == sorted(rates[warmup:], reverse=True)


def test_a_warm_up_without_an_end_and_an_unknown_schedule_are_refused():
    with pytest.raises(ValueError, match="warm-up takes 5 of the run's 5 steps"):
        Schedule("constant", 5, warmup=5)
    with pytest.raises(ValueError, match="did you mean 'cosine'"):
        Schedule("cosin", 5)
