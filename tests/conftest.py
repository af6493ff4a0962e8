import os

import hypothesis
import matplotlib as mpl
import torch

os.environ.setdefault("OMP_NUM_THREADS", "1")  # of the processes that tests start
mpl.use("Agg")
# Tensors of tests are tiny: two threads would mostly wait for each other.
torch.set_num_threads(1)
# No deadlines: the first torch call of a process takes longer than any sensible one. What everyone
# runs is the same every time; `pytest -m hypothesis --hypothesis-profile search` looks for more.
hypothesis.settings.register_profile("same", max_examples=25, deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", max_examples=300, deadline=None)
hypothesis.settings.load_profile("same")
