from .experiment.compare import compare
from .experiment.cosine_descent import cosine_descent
from .experiment.flow_parameters import FlowParameters
from .experiment.gradient_noise import GradientNoise
from .experiment.own_flow import own_flow
from .experiment.run_descent import run_descent
from .flows.barlow import BarlowFlow
from .flows.collapsing import NoPredictorFlow, NoStopGradientFlow
from .flows.cosine import CosineFlow
from .flows.data import additive_noise, scrambled_subspace
from .flows.depth import DepthFlow
from .flows.eigenmodes import EigenmodeFlow
from .flows.gaussian_cosine import GaussianCosineFlow
from .flows.isoloss import EIGEN_LOSSES, EigenvalueFlow
from .flows.isotropic import IsotropicFlow, SymmetrisedFlow
from .flows.linear import LinearFlow
from .flows.rest_point import RestPoint
from .flows.self_predictive import SelfPredictiveFlow
from .flows.set_predictor import ClosedFormFlow, IdentityRule, OptimalRule, SpectrumRule
from .flows.singular_values import DirectSetFlow, ScalarFlow
from .flows.tied import TiedCosineFlow
from .solvers.ensemble import ensemble
from .solvers.integrate import integrate
from .theorems.basin import basin_edges, critical_start, survives
from .theorems.coupled_plane import cosine_portrait, rule_portrait
from .theorems.equilibria import Equilibrium, linearise
from .theorems.parabola import speed, target_scale_on_parabola, time_to_reach
from .theorems.phase_plane import phase_portrait
from .theorems.separatrix import separatrix
from .theorems.sweeps import basin_map, trajectories

__version__: str

__all__ = [
    "EIGEN_LOSSES",
    "BarlowFlow",
    "ClosedFormFlow",
    "CosineFlow",
    "DepthFlow",
    "DirectSetFlow",
    "EigenmodeFlow",
    "EigenvalueFlow",
    "Equilibrium",
    "FlowParameters",
    "GaussianCosineFlow",
    "GradientNoise",
    "IdentityRule",
    "IsotropicFlow",
    "LinearFlow",
    "NoPredictorFlow",
    "NoStopGradientFlow",
    "OptimalRule",
    "RestPoint",
    "ScalarFlow",
    "SelfPredictiveFlow",
    "SpectrumRule",
    "SymmetrisedFlow",
    "TiedCosineFlow",
    "additive_noise",
    "basin_edges",
    "basin_map",
    "compare",
    "cosine_descent",
    "cosine_portrait",
    "critical_start",
    "ensemble",
    "integrate",
    "linearise",
    "own_flow",
    "phase_portrait",
    "rule_portrait",
    "run_descent",
    "scrambled_subspace",
    "separatrix",
    "speed",
    "survives",
    "target_scale_on_parabola",
    "time_to_reach",
    "trajectories",
]
