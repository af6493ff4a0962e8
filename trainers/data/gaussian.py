"""The theory's own data: Gaussian vectors whose correlations are known exactly."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from analysis.checks.fields import check_fields, shown
from trainers.data.fingerprint import Fingerprint, hash_of
from trainers.randomness import normals

_DATA, _ROTATION = 1, 2  # streams: apart from each other and from whatever else a run draws


def decaying(dimension: int) -> Tensor:  # -> (dimension,)
    """Return eigenvalues proportional to 1/j with mean 1, the total of the isotropic case."""
    falling = 1 / torch.arange(1, dimension + 1, dtype=torch.float64)
    return falling / falling.mean()


@dataclass(frozen=True, kw_only=True, eq=False)
class GaussianData:
    r"""Two noisy looks at a Gaussian vector: Tian, Chen and Ganguli (2021), section 2.

    .. math:: x_i = (P + U B_i U^\top) \bar x + \sigma \xi_i, \quad
        \bar x \sim N(0, X_0), \; B_i, \xi_i \sim N(0, I)

    with U the last `scrambled` eigenvectors of X_0 and P the projector on the others. Additive
    noise alone (``scrambled=0``) has P = 1; ``spectrum="identity"`` is then the paper's isotropic
    case, X = I and X' = sigma2 I. The vectors of every step are fresh: a population, no data set.

    Parameters
    ----------
    dimension : int
    spectrum : {"decaying", "identity"} or numbers
        Eigenvalues of X_0, the largest first by habit; "decaying" is 1/j with mean 1.
    sigma2 : float
        Variance of the additive noise of a view.
    scrambled : int
        How many of the last eigen-directions each view scrambles (the paper's second example).
    rotated : bool
        Eigenvectors of X_0 from a random rotation of the seed's, instead of the axes.
    samples : int
        Vectors per epoch: an epoch is only a way to count.

    Raises
    ------
    ValueError
        A negative variance or eigenvalue, or numbers that do not fit the dimension.
    """

    dimension: int = 16
    spectrum: str | Sequence[float] = "decaying"
    sigma2: float = 0.25
    scrambled: int = 0
    rotated: bool = False
    samples: int = 8192
    seed: int = 0
    device: torch.device | str = "cpu"
    name: str = "gaussian"
    eigenvalues: Tensor = field(init=False, repr=False)
    """(dimension,) float64, of X_0."""
    eigenvectors: Tensor = field(init=False, repr=False)
    """(dimension, dimension) float64, columns, of X_0."""

    def __post_init__(self) -> None:
        check_fields(self)
        n = self.dimension
        if n < 1 or self.samples < 1 or not 0 <= self.scrambled <= n:
            raise ValueError(
                f"dimension = {n}, samples = {self.samples}, scrambled = {self.scrambled}; "
                "at least 1, at least 1 and 0 to the dimension wanted"
            )
        if self.sigma2 < 0:
            raise ValueError(f"sigma2 = {self.sigma2}; a variance, 0 or more, wanted")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}; it must be at least 0")
        object.__setattr__(self, "eigenvalues", self._eigenvalues())
        axes = torch.eye(n, dtype=torch.float64)
        if self.rotated:
            cube = normals(self.seed, 0, 0, torch.arange(n), n, stream=_ROTATION).double()
            q, r = torch.linalg.qr(cube)
            axes = q * r.diagonal().sign()  # uniform over rotations and reflections
        object.__setattr__(self, "eigenvectors", axes)

    def _eigenvalues(self) -> Tensor:
        if isinstance(self.spectrum, str):
            named = {
                "decaying": decaying(self.dimension),
                "identity": torch.ones(self.dimension, dtype=torch.float64),
            }
            if self.spectrum not in named:
                raise ValueError(
                    f"spectrum {self.spectrum!r} is not known; {sorted(named)} or numbers wanted"
                )
            return named[self.spectrum]
        values = torch.tensor(self.spectrum, dtype=torch.float64)
        if values.shape != (self.dimension,) or (values < 0).any():
            raise ValueError(
                f"spectrum = {shown(self.spectrum)}; {self.dimension} numbers, none negative, "
                "wanted"
            )
        return values

    @property
    def by_batch(self) -> bool:
        """Whether a view depends on the batch around its sample: no."""
        return False

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one vector."""
        return (self.dimension,)

    @property
    def fingerprint(self) -> Fingerprint:
        """Of the parameters; the vectors themselves are fresh at every step."""
        spectrum = [round(value, 9) for value in self.eigenvalues.tolist()]
        drawn = (self.dimension, spectrum, self.sigma2, self.scrambled, self.rotated)
        hashed = hash_of([repr(drawn)])
        return Fingerprint(train=self.samples, test=0, shape=self.shape, classes=(), hash=hashed)

    @property
    def account(self) -> str:
        """One line on what they are."""
        return f"{self.name}: vectors of {self.dimension} numbers, {self.samples} to an epoch"

    @property
    def cross_view(self) -> Tensor:  # -> (dimension, dimension)
        r"""Sigma_d = E[x_1 x_2ᵀ] = P X_0 P, the theory's X; float64."""
        kept = self.eigenvalues.clone()
        kept[self.dimension - self.scrambled :] = 0
        return (self.eigenvectors * kept) @ self.eigenvectors.mT

    @property
    def same_view(self) -> Tensor:  # -> (dimension, dimension)
        r"""Sigma_s = E[x_1 x_1ᵀ] = X + X'; float64.

        X' = tr(Uᵀ X_0 U) U Uᵀ + sigma2 I. (The paper's Sigma_s = X_0 for scrambling does not follow
        from its B.)
        """
        first = self.dimension - self.scrambled
        noise = torch.full_like(self.eigenvalues, self.sigma2)
        noise[first:] += self.eigenvalues[first:].sum()
        return self.cross_view + (self.eigenvectors * noise) @ self.eigenvectors.mT

    def __len__(self) -> int:
        return self.samples

    def views(self, step: int, samples: Tensor) -> tuple[Tensor, Tensor]:  # (batch,) -> (batch, n)
        """Draw two views of the vectors numbered `samples` at `step`, float32 on the device."""
        n, k = self.dimension, self.scrambled
        source = normals(self.seed, step, 0, samples, n, stream=_DATA).to(self.device)
        source = source * self.eigenvalues.sqrt().to(source)  # in the eigenbasis of X_0
        basis = self.eigenvectors.to(source)
        views = []
        for view in (1, 2):
            noise = normals(self.seed, step, view, samples, n + k * k, stream=_DATA).to(source)
            x = source + self.sigma2**0.5 * noise[:, :n]
            if k:
                scrambler = noise[:, n:].unflatten(1, (k, k))
                block = (scrambler @ source[:, n - k :, None])[..., 0]
                x[:, n - k :] += block - source[:, n - k :]
            views.append(x @ basis.mT)
        return views[0], views[1]
