"""Threads that a forked process does not have: dask's pool is begun anew in it.

The fork of a process has one thread, whatever pools it inherits; work that is handed to them waits
for ever. zarr and fsspec begin their own anew. dask does not.
"""

import os
import threading

import dask.threaded


def _begin_anew() -> None:
    vars(dask.threaded).update(default_pool=None, pools_lock=threading.Lock())
    dask.threaded.pools.clear()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin_anew)
