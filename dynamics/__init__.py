"""What theory predicts: the flows of two-layer linear BYOL, integrated and judged.

Every flow is a frozen value, called as ``flow(t, *state)``, with its theorems attached; `integrate`
and `ensemble` follow it, and return Datasets in the names of a trained run.
"""

from dynamics.eigenmodes import EigenmodeFlow, RestPoint
from dynamics.ensemble import ensemble
from dynamics.integrate import integrate

__all__ = ["EigenmodeFlow", "RestPoint", "ensemble", "integrate"]
