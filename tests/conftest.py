import os

import hypothesis
import matplotlib as mpl
import torch

os.environ.setdefault("OMP_NUM_THREADS", "1")  # of the processes that tests start
mpl.use("Agg")
# Tensors of tests are tiny: two threads would mostly wait for each other.
torch.set_num_threads(1)
# No deadlines: the first torch call of a process takes longer than any sensible one.
hypothesis.settings.register_profile("dev", max_examples=25, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
hypothesis.settings.register_profile("nightly", max_examples=500, deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")
