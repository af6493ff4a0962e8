r"""What a reader is told of each measure: its formula, what chance gives, where it is undefined.

Formulas are LaTeX, one line, in the symbols of `analysis.store.schema`: A and B are the symmetric
and antisymmetric part of W_p, a tilde takes off the multiple of the identity, and
:math:`F u_j = s_j u_j`.
"""

from typing import NamedTuple

_TIAN = "Tian, Chen, Ganguli (2021), arXiv:2102.06810"
_HOPPE = "Höppe, Miszkurka, Wilkman (2022), ReScience C, doi:10.5281/zenodo.6574659"
_NOT_FINITE = "where a matrix is not finite"
_ZERO = r"for $W_p = 0$"
_ZEROS = "for a spectrum of zeros"
_OPEN = r"where rounding, or an $s_i$ equal to $s_j$, leaves more than 0.01 of it open"
_ALIKE = "where a matrix is a multiple of the identity, up to rounding"
_PARALLEL = r"where $W_p$ or $F$ is 0"
_NO_SIGNAL = "where $s_j$ is not above 0 by more than rounding"
_NO_SPACE = "where eigenvalues k and k + 1 of a matrix are equal up to rounding"


class Words(NamedTuple):
    """A measure in words; formulas in them stand between dollars."""

    formula: str
    """LaTeX, one line, without dollars."""
    chance: str
    """Its null level: what unrelated matrices or white noise give."""
    undefined: str
    """Where it is NaN."""
    source: str
    """Paper and equation or figure; "own" with what it follows from, where there is none."""


WORDS = {
    "eigenvalue": Words(
        r"\lambda_j: \quad F u_j = \lambda_j u_j, \quad \lambda_1 \ge \dots \ge \lambda_d",
        r"white noise: spread over $(1 \pm \sqrt{d/n})^2$",
        _NOT_FINITE,
        "definition; null: Marchenko, Pastur (1967), Math. USSR Sb. 1, 457",
    ),
    "predictor_eigenvalue": Words(
        r"p_j = \lambda_j\big((W_p + W_p^\top)/2\big)",
        r"independent entries of variance v: a semicircle of radius $\sqrt{2 d v}$ about 0",
        _NOT_FINITE,
        f"{_TIAN}, Fig. 2b (for symmetric W_p)",
    ),
    "complex_eigenvalue": Words(
        r"\lambda_j: \quad W_p v_j = \lambda_j v_j, \quad \lambda_j \in \mathbb{C}",
        r"independent entries of variance v: a disc of radius $\sqrt{d v}$ about 0",
        _NOT_FINITE,
        "definition; null: Girko (1985), Circular law, Theory Probab. Appl. 29, 694",
    ),
    "entropy_rank": Words(
        r"e^{H(q)}, \quad H(q) = -\sum_j q_j \log q_j, \quad q_j = \lambda_j / \sum_i \lambda_i",
        r"white noise, n at least d: $d\, e^{-(d - 1)(d + 2) / (2 d n + 4)}$",
        _ZEROS,
        "Roy, Vetterli (2007), The effective rank, EUSIPCO, 606; null for d, n large: Page (1993), "
        "Phys. Rev. Lett. 71, 1291",
    ),
    "participation_ratio": Words(
        r"\big(\sum_j \lambda_j\big)^2 / \sum_j \lambda_j^2",
        r"white noise: $(d n + 2) / (n + d + 1)$",
        _ZEROS,
        "definition; null: own, from the second moments of a Wishart matrix",
    ),
    "stable_rank": Words(
        r"\|M\|_F^2 / \|M\|_2^2 = \sum_j \lambda_j^2 / \lambda_1^2",
        "white noise: `stable_rank_null`, 16.9 for d = 64, n = 256",
        _ZEROS,
        "Rudelson, Vershynin (2007), J. ACM 54 (4), 21; null: own",
    ),
    "surviving_modes": Words(
        r"\arg\max_k\, (\log s_k - \log s_{k+1})",
        "none: white noise has a largest gap too, anywhere",
        _ZEROS,
        "own",
    ),
    "asymmetry": Words(
        r"\|W_p - W_p^\top\|_F / \|W_p\|_F",
        r"independent entries: $\sqrt{2 (1 - 1/d)}$",
        _ZERO,
        f"{_TIAN}, Fig. 2 (without a formula)",
    ),
    "asymmetry_l1": Words(
        r"\sum_{ij} |W_p - W_p^\top|_{ij} / \sum_{ij} |W_p|_{ij}",
        r"independent Gaussian entries: $\sqrt{2} (1 - 1/d)$",
        _ZERO,
        _HOPPE,
    ),
    "asymmetry_fraction": Words(
        r"\|B\|_F / \|W_p\|_F",
        r"independent entries: $\sqrt{(1 - 1/d)/2}$",
        _ZERO,
        "own: half of `asymmetry`",
    ),
    "henrici_departure": Words(
        r"\big(\|W_p\|_F^2 - \sum_j |\lambda_j|^2\big)^{1/2} / \|W_p\|_F",
        "independent entries: about 0.71",
        _ZERO,
        "Henrici (1962), Numer. Math. 4, 24; relative to the norm: own",
    ),
    "definiteness": Words(
        r"\sum_{p_j < 0} p_j^2 / \sum_j p_j^2",
        "independent entries: 1/2",
        "for $A = 0$",
        "own",
    ),
    "imaginary_energy": Words(
        r"\sum_j (\operatorname{Im} \lambda_j)^2 / \sum_j |\lambda_j|^2",
        "independent entries: somewhat below 1/2",
        r"for $W_p = 0$ and other nilpotent matrices",
        "own",
    ),
    "raw_off_diagonal": Words(
        r"\|W_p - \operatorname{diag} W_p\|_F / \|\operatorname{diag} W_p\|_F",
        r"independent entries: $\sqrt{d - 1}$",
        _ZERO,
        "Wen, Li (2022), NeurIPS, arXiv:2205.06226 (in their setting it rises, then falls again)",
    ),
    "eigenvector_condition": Words(
        r"\kappa(V) = \|V\|_2 \|V^{-1}\|_2, \quad W_p V = V \Lambda, \quad \|v_j\| = 1",
        "independent entries: of order d",
        _NOT_FINITE,
        "Bauer, Fike (1960), Numer. Math. 2, 137",
    ),
    "alignment_null": Words(
        r"a_0 = \operatorname{tr} W_p / \sqrt{d \operatorname{tr} W_p^\top W_p}",
        "independent entries: 0",
        _ZERO,
        "own: ratio of the means over the sphere",
    ),
    "alignment": Words(
        r"a_j = u_j^\top W_p u_j / \|W_p u_j\|",
        "$a_0$, the `alignment_null` of the same $W_p$",
        _OPEN,
        f"{_TIAN}, Fig. 2c",
    ),
    "alignment_excess": Words(
        r"(a_j - a_0) / (1 - a_0)",
        "0",
        f"{_OPEN}, and for $W_p = c I$ with c > 0",
        "own: `alignment` beyond its null",
    ),
    "off_diagonal_energy": Words(
        r"1 - \sum_j (U^\top \tilde A U)_{jj}^2 / \|\tilde A\|_F^2",
        "$d/(d + 2)$",
        f"{_OPEN}, and where A is a multiple of the identity",
        "own; null: second moments under Haar rotations",
    ),
    "commutator": Words(
        r"\|F W_p - W_p F\|_F / (\sqrt{2}\, \|F\|_F \|W_p\|_F)",
        "in root mean square `commutator_null`",
        _PARALLEL,
        f"{_TIAN}, Theorem 3 and Fig. 9 (unnormalised); bound: Böttcher, Wenzel (2008), "
        "Linear Algebra Appl. 429, 1864",
    ),
    "commutator_deviatoric": Words(
        r"\|F W_p - W_p F\|_F / (\sqrt{2}\, \|\tilde F\|_F \|\tilde W_p\|_F)",
        r"in root mean square `commutator_null`, about $d^{-1/2}$",
        _ALIKE,
        f"own form of the commutator of {_TIAN}, Theorem 3",
    ),
    "commutator_null": Words(
        r"c_0 = \frac{\|\tilde F\|_F}{\|F\|_F} \Big(\frac{d\, \|\tilde A\|_F^2}{(d+2)(d-1)} +"
        r" \frac{\|B\|_F^2}{d-1}\Big)^{1/2} / \|W_p\|_F",
        "it is one",
        _PARALLEL,
        "own: second moments under Haar rotations",
    ),
    "commutator_null_deviatoric": Words(
        r"c_0 = \Big(\frac{d\, \|\tilde A\|_F^2}{(d+2)(d-1)} + \frac{\|B\|_F^2}{d-1}"
        r"\Big)^{1/2} / \|\tilde W_p\|_F",
        "it is one",
        _ALIKE,
        "own: second moments under Haar rotations",
    ),
    "mode_commutator": Words(
        r"c_j = \|(F - s_j) W_p u_j\| / (\sqrt{2}\, \|\tilde F\|_F \|\tilde W_p\|_F)",
        r"in root mean square over modes $c_0 / \sqrt{d}$, of the deviatoric `commutator_null`",
        _ALIKE,
        "own: the sum of squares is that of the deviatoric `commutator`",
    ),
    "rayleigh_quotient": Words(
        r"p_j = u_j^\top W_p u_j",
        r"$\operatorname{tr}(W_p)/d$",
        _OPEN,
        f"definition; p_j of {_TIAN}, Theorem 4, where modes are aligned",
    ),
    "rayleigh_residual": Words(
        r"r_j = \|W_p u_j - p_j u_j\|",
        r"of the size of the columns of $\tilde W_p$",
        _OPEN,
        "definition",
    ),
    "subspace_overlap": Words(
        r"\|U_k^\top V_k\|_F^2 / k, \quad U_k \text{ of } F,\ V_k \text{ of } A",
        "$k/d$",
        _NO_SPACE,
        "Björck, Golub (1973), Math. Comp. 27, 579: mean square cosine of the principal angles",
    ),
    "principal_angle": Words(
        r"\theta_i = \arccos \sigma_{i}(U_k^\top V_k), \quad \theta_1 \le \dots \le \theta_k",
        r"mean square cosine $k/d$",
        _NO_SPACE,
        "Björck, Golub (1973), Math. Comp. 27, 579",
    ),
    "noise_ratio": Words(
        r"k_j = u_j^\top F u_j / s_j, \quad s_j, u_j \text{ of } E[z_1 z_2^\top]",
        "views that share nothing: without bound",
        _NO_SIGNAL,
        rf"{_TIAN}, $1 + \sigma^2$ of its isotropic data; a mode each: own",
    ),
    "target_scale": Words(
        r"\tau_j = u_j^\top E[z_a z^\top] u_j / s_j, \quad s_j, u_j \text{ of } E[z_1 z_2^\top]",
        "1 without EMA",
        _NO_SIGNAL,
        f"{_TIAN}, tau of its proportional EMA; a mode each: own",
    ),
    "critical_decay": Words(
        r"\eta^*_j = \tau_j^2 / (4 k_j)",
        r"0, as $k_j$ has no bound then",
        _NO_SIGNAL,
        f"{_TIAN}, Observation 5",
    ),
    "alignment_rate": Words(
        r"\lambda_{\min}(K), \quad K = k (\alpha_p F/2 + A^2) - \tau A + (\eta + \eta_p/2) I",
        "none: it is a rate",
        _NOT_FINITE,
        f"{_TIAN}, Theorem 3",
    ),
    "mode_alignment_rate": Words(
        r"\kappa_j = k_j (\alpha_p s_j / 2 + p_j^2) - \tau_j p_j + \eta + \eta_p / 2",
        "none: it is a rate",
        "where $k_j$ or $\\tau_j$ is",
        f"{_TIAN}, Theorem 3; the statement on pairs: own",
    ),
}
