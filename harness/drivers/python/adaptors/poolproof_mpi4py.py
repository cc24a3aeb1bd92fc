"""multiprocessing's names for mpi4py.util.pool, whose Pool it is.

Its workers are started by MPI while the program runs, and import it as those of `spawn` do.
"""

import os

# Open MPI starts no more processes than there are processors, and none for root, unless it is told;
# nor does it look at the one network that a run has.
os.environ.setdefault("OMPI_MCA_rmaps_base_oversubscribe", "1")
os.environ.setdefault("OMPI_MCA_btl_tcp_if_include", "lo")
os.environ.setdefault("OMPI_MCA_oob_tcp_if_include", "lo")
os.environ.setdefault("OMPI_ALLOW_RUN_AS_ROOT", "1")
os.environ.setdefault("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")

import collections.abc
from multiprocessing import TimeoutError, current_process

import mpi4py.util.pool


def get_all_start_methods():
    return ["spawn"]


class Context:
    """What Poolproof may ask for: pools, and nothing else."""

    Pool = mpi4py.util.pool.Pool


class pool:
    """Where a pool and its results are looked at."""

    Pool = mpi4py.util.pool.Pool
    MapResult = mpi4py.util.pool.MapResult
    IMapIterator = collections.abc.Iterator


def get_context(method="spawn"):
    return Context()
