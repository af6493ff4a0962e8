"""The pages: ``sphinx-build -W --keep-going notebooks notebooks/_build``; no network is needed."""

import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
# Threads of small networks mostly wait for each other. A warning in a notebook is an error, but for
# those of what runs it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
startup = Path(tempfile.mkdtemp()) / "profile_default" / "startup"
startup.mkdir(parents=True)
(startup / "warnings_are_errors.py").write_text(
    "import warnings\n"
    "warnings.simplefilter('error')\n"
    "for module in ('asyncio', 'ipykernel', 'IPython', 'jupyter_client', 'tornado', 'zmq'):\n"
    "    warnings.filterwarnings('ignore', module=module)\n"
)
os.environ["IPYTHONDIR"] = str(startup.parents[1])

project = "eigenspace"
copyright = "the eigenspace authors"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx-mathjax-offline",
    "from_code",
]
exclude_patterns = ["_build", "jupyter_execute", "results", "**/.ipynb_checkpoints"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}

html_theme = "furo"
html_title = "eigenspace"

# Notebooks are stored without outputs and run here; their progress bars are not shown.
nb_execution_mode = "auto"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_output_stderr = "remove"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "attrs_block"]
myst_heading_anchors = 3

# In docstrings, `name` is a name of the library where there is one, and code elsewhere.
default_role = "py:obj"
napoleon_numpy_docstring = True
napoleon_google_docstring = False
napoleon_use_rtype = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
