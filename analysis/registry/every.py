"""Every measure once, by name, with its laws and its words.

The tests put each of them through all laws, and fail for a public function that is not here: a
measure without laws, or without a formula, cannot be added. The reasons stand in the functions'
docstrings.
"""

from dataclasses import replace

from analysis.registry.measure import Measure
from analysis.registry.of_one_matrix import ALONE
from analysis.registry.of_pairs import OF_PAIRS
from analysis.registry.words import WORDS

MEASURES: dict[str, Measure] = {
    name: replace(measure, name=name, **WORDS[name]._asdict())
    for name, measure in (ALONE | OF_PAIRS).items()
}
