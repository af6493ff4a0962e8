import math

import pytest

import analysis
from analysis.registry.every import MEASURES
from analysis.registry.words import WORDS

NOT_MEASURES = {  # public, and not a number read off one snapshot's matrices
    "PowerLaw",
    "SnapshotWriter",
    "Verdict",
    "alpha_req",
    "antisymmetric_part",
    "balance",
    "balance_gap",
    "bootstrap_alignment",
    "bootstrap_eigenvalues",
    "centred",
    "check_basis",
    "collapse",
    "collapse_course",
    "collapse_signs",
    "effective_samples",
    "eigenvalue_errors",
    "fit_power_law",
    "follow_modes",
    "largest_noise_eigenvalue",
    "largest_share",
    "least_squares_predictor",
    "lidar",
    "modes_above_noise",
    "noise_edges",
    "noise_level",
    "open_runs",
    "open_snapshots",
    "rankme",
    "spectral_gaps",
    "stable_rank_null",
    "summarise",
    "symmetric_part",
    "tracy_widom_quantile",
    "tracy_widom_tail",
}


def test_what_is_public_is_in_the_registry_or_is_no_measure():
    functions = {getattr(m.function, "func", m.function).__name__ for m in MEASURES.values()}
    assert functions | NOT_MEASURES == set(analysis.__all__)
    assert not functions & NOT_MEASURES


def test_words_are_of_measures():
    assert WORDS.keys() == MEASURES.keys()


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_says_all_that_a_reader_needs(name):
    measure = MEASURES[name]
    assert measure.name == name
    for text in (measure.formula, measure.chance, measure.undefined, measure.source):
        assert text.strip() == text != ""
        assert "\n" not in text
        assert text.count("$") % 2 == 0
    assert "$" not in measure.formula
    assert measure.formula.count("{") == measure.formula.count("}")
    assert measure.symbol.startswith("$")
    low, high = measure.ends(8)
    assert low < high or math.isinf(high)
    assert measure.basis is None or measure.basis in measure.takes
