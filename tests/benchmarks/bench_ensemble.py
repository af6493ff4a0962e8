"""A million trajectories of (p, s, tau) at once, over a loop of `solve_ivp` at the same tolerance.

python tests/benchmarks/bench_ensemble.py [--most 1000000] [--loop 100]
"""

import argparse
import time

import numpy as np
from scipy.integrate import solve_ivp

from dynamics import EigenmodeFlow, ensemble

END, RTOL, ATOL = 100.0, 1e-6, 1e-9


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=10**6)
    parser.add_argument("--loop", type=int, default=100, help="trajectories of each loop")
    arguments = parser.parse_args()
    flow = EigenmodeFlow(eta=0.05, beta=0.4)
    rng = np.random.default_rng(0)
    n = arguments.most
    y0 = [rng.uniform(0, 1.5, n), rng.uniform(0.001, 1, n), rng.uniform(0, 1, n)]

    def field(t: float, y: np.ndarray) -> np.ndarray:
        return np.array(flow(t, *y))

    each = {}
    for method in ("RK45", "LSODA"):
        start = time.perf_counter()
        for i in range(arguments.loop):
            first = [part[i] for part in y0]
            solve_ivp(field, (0, END), first, method=method, rtol=RTOL, atol=ATOL)
        each[method] = (time.perf_counter() - start) / arguments.loop
        print(f"solve_ivp {method:<6} {1e6 * each[method]:9.1f} us a trajectory")
    size = 1000
    while size <= n:
        start = time.perf_counter()
        ensemble(flow, [part[:size] for part in y0], [0, END], rtol=RTOL, atol=ATOL)
        mine = (time.perf_counter() - start) / size
        ratios = "   ".join(f"{m} {t / mine:6.0f}x" for m, t in each.items())
        print(f"ensemble {size:8d} {1e6 * mine:8.2f} us a trajectory   {ratios}")
        size *= 10


if __name__ == "__main__":
    main()
