import ast
import inspect
import math
from doctest import DocTestParser

import numpy as np
import pytest

import analysis
from analysis.figures.text import formula
from analysis.registry.every import MEASURES
from analysis.registry.examples import C, F, T, W
from analysis.registry.words import WORDS

NOT_MEASURES = {  # public, and not a number read off one snapshot's matrices
    "EXAMPLES",
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
    "copy_example",
    "effective_samples",
    "eigenvalue_errors",
    "fit_power_law",
    "follow_modes",
    "from_arrays",
    "largest_noise_eigenvalue",
    "largest_share",
    "least_squares_predictor",
    "lidar",
    "modes_above_noise",
    "noise_edges",
    "noise_level",
    "norm_recursion",
    "open_example",
    "open_run",
    "open_runs",
    "open_snapshots",
    "rankme",
    "save_snapshots",
    "scale_law",
    "spectral_gaps",
    "stable_rank_null",
    "summarise",
    "symmetric_part",
    "tracy_widom_quantile",
    "tracy_widom_tail",
    "verify",
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


@pytest.mark.parametrize("name", MEASURES)
def test_the_docstring_has_an_example_with_a_number_of_every_measure(name):
    function = MEASURES[name].function
    options = getattr(function, "keywords", {})
    function = getattr(function, "func", function)
    calls = []
    for example in DocTestParser().get_examples(inspect.getdoc(function)):
        nodes = [node for node in ast.walk(ast.parse(example.source)) if isinstance(node, ast.Call)]
        calls += [node for node in nodes if ast.unparse(node.func) == function.__name__]
    assert calls
    given = [
        {k.arg: k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)}
        for call in calls
    ]
    told_apart = {"norm": "frobenius", "deviatoric": False}
    wanted = {key: options.get(key, value) for key, value in told_apart.items() if key in options}
    assert any(all(g.get(k, told_apart[k]) == v for k, v in wanted.items()) for g in given)


def test_examples_are_as_worked_out_by_hand():
    # [F, W_p] has one entry, 1; |F| = sqrt 5, |W_p| = sqrt 3; less their mean 1/sqrt 2 and 1.
    assert float(analysis.commutator(W, F)) == pytest.approx(1 / math.sqrt(2 * 5 * 3))
    deviatoric = analysis.commutator(W, F, deviatoric=True)
    assert float(deviatoric) == pytest.approx(1 / (math.sqrt(2) * math.sqrt(0.5)))
    # A less its mean, and B, have two entries of a half each: 2/4 of .5, and .5.
    null = analysis.commutator_null(W, F, deviatoric=True)
    assert float(null) == pytest.approx(math.sqrt(0.25 + 0.5))
    # W u_1 = u_1, W u_2 = u_1 + u_2; tr W = 2, |W|^2 = 3.
    np.testing.assert_allclose(analysis.alignment(W, F), [1, 1 / math.sqrt(2)])
    assert float(analysis.alignment_null(W)) == pytest.approx(2 / math.sqrt(2 * 3))
    # k = 2, tau = .9 and .8, p = 1, s = 1 and .5.
    rates = 2 * (0.5 + 1) - 0.9 + 0.015, 2 * (0.25 + 1) - 0.8 + 0.015
    views = {"correlation": F, "target_correlation": T}
    found = analysis.mode_alignment_rate(W, C, **views, eta=0.01, eta_p=0.01)
    np.testing.assert_allclose(found, rates)


def test_the_symbol_of_every_measure_is_a_formula_in_figures():
    for measure in MEASURES.values():
        assert formula(measure.symbol) == measure.symbol, measure.name
        assert "$" not in measure.label.long_name
