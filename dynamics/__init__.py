"""What theory predicts: the flows of two-layer linear BYOL, integrated and judged.

Every flow is a frozen value, called as ``flow(t, *state)``, with its theorems attached; `integrate`
and `ensemble` follow it, and return Datasets in the names of a trained run.
"""

from dynamics.basin import basin_map, trajectories
from dynamics.beside import compare
from dynamics.closed_form import ClosedFormFlow, IdentityRule, OptimalRule, SpectrumRule
from dynamics.eigenmodes import EigenmodeFlow, RestPoint
from dynamics.ensemble import ensemble
from dynamics.hyperparameters import FlowParameters
from dynamics.integrate import integrate
from dynamics.isoloss import EIGEN_LOSSES, EigenvalueFlow
from dynamics.linear import LinearFlow, NoPredictorFlow, NoStopGradientFlow
from dynamics.parabola import speed, target_scale, time_to_reach
from dynamics.portrait import phase_portrait
from dynamics.reduced import IsotropicFlow, SymmetrisedFlow
from dynamics.scalar import DirectSetFlow, ScalarFlow
from dynamics.stability import basin_edges, critical_start, separatrix, survives

__all__ = [
    "EIGEN_LOSSES",
    "ClosedFormFlow",
    "DirectSetFlow",
    "EigenmodeFlow",
    "EigenvalueFlow",
    "FlowParameters",
    "IdentityRule",
    "IsotropicFlow",
    "LinearFlow",
    "NoPredictorFlow",
    "NoStopGradientFlow",
    "OptimalRule",
    "RestPoint",
    "ScalarFlow",
    "SpectrumRule",
    "SymmetrisedFlow",
    "basin_edges",
    "basin_map",
    "compare",
    "critical_start",
    "ensemble",
    "integrate",
    "phase_portrait",
    "separatrix",
    "speed",
    "survives",
    "target_scale",
    "time_to_reach",
    "trajectories",
]
