"""Every measure once, by name, with its laws.

The tests put each of them through all laws, and fail for a public function that is not here: a
measure without laws cannot be added. Formulas and reasons stand in the functions' docstrings.
"""

from analysis.registry.measure import Measure
from analysis.registry.of_one_matrix import ALONE
from analysis.registry.of_pairs import OF_PAIRS

MEASURES: dict[str, Measure] = ALONE | OF_PAIRS
