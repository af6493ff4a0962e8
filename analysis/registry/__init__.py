"""Every measure by name, with what is known of it: range, null, basis, invariances, source."""

from analysis.registry.every import MEASURES
from analysis.registry.measure import Measure, Null
from analysis.registry.register import register, unregister

__all__ = ["MEASURES", "Measure", "Null", "register", "unregister"]
