"""Order, gaps and thinning of measured points."""

from hypothesis import given
from hypothesis import strategies as st

from capleak.charts.series import segments

POINTS = st.lists(
    st.tuples(st.floats(-100, 100), st.floats(0, 300)),
    max_size=60,
    unique_by=lambda p: p,
)


def test_points_are_put_in_order_and_cut_at_gaps():
    points = [(4.0, 1.0), (0.0, 2.0), (1.0, 3.0), (9.0, 4.0)]
    assert segments(points, gap=3) == [
        [(0.0, 2.0), (1.0, 3.0), (4.0, 1.0)],
        [(9.0, 4.0)],
    ]


def test_neighbors_exactly_the_gap_apart_are_joined():
    assert len(segments([(0, 1), (2, 1)], gap=2)) == 1


def test_values_that_are_no_numbers_are_no_points():
    assert segments([(0, float("nan")), (1, float("inf"))], gap=2) == []


def test_thinning_keeps_the_lowest_and_the_highest():
    points = [(n / 10, 100.0) for n in range(5000)]
    points[1234] = (123.4, 40.0)
    points[4321] = (432.1, 180.0)
    (run,) = segments(points, gap=1)
    assert len(run) <= 800
    assert (123.4, 40.0) in run
    assert (432.1, 180.0) in run


@given(POINTS, st.floats(0.1, 50), st.integers(2, 20))
def test_thinning_neither_closes_a_gap_nor_makes_one(points, gap, most):
    whole = segments(points, gap=gap, most=1000)
    thin = segments(points, gap=gap, most=most)
    assert sum(map(len, thin)) <= most
    home = {point: index for index, run in enumerate(whole) for point in run}
    places = [[home[point] for point in run] for run in thin]
    assert all(len(set(run)) == 1 for run in places)
    assert len({run[0] for run in places}) == len(places)
