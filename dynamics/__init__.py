"""What theory predicts: the flows of two-layer linear BYOL, integrated and judged.

Every flow is a frozen value, called as ``flow(t, *state)``, with its theorems attached; `integrate`
and `ensemble` follow it, and return Datasets in the names of a trained run.
"""

from dynamics.experiment.compare import compare
from dynamics.experiment.flow_parameters import FlowParameters
from dynamics.flows.collapsing import NoPredictorFlow, NoStopGradientFlow
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.flows.isoloss import EIGEN_LOSSES, EigenvalueFlow
from dynamics.flows.isotropic import IsotropicFlow, SymmetrisedFlow
from dynamics.flows.linear import LinearFlow
from dynamics.flows.rest_point import RestPoint
from dynamics.flows.set_predictor import ClosedFormFlow, IdentityRule, OptimalRule, SpectrumRule
from dynamics.flows.singular_values import DirectSetFlow, ScalarFlow
from dynamics.solvers.ensemble import ensemble
from dynamics.solvers.integrate import integrate
from dynamics.theorems.basin import basin_edges, critical_start, survives
from dynamics.theorems.parabola import speed, target_scale_on_parabola, time_to_reach
from dynamics.theorems.phase_plane import phase_portrait
from dynamics.theorems.separatrix import separatrix
from dynamics.theorems.sweeps import basin_map, trajectories

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
    "target_scale_on_parabola",
    "time_to_reach",
    "trajectories",
]
