"""multiprocessing's names for ray.util.multiprocessing, whose Pool it is.

Each program starts a cluster of its own on this machine, which takes seconds, and ends it.
"""

import os

# A cluster for one program needs no key, which would be kept at home, and nobody counts it.
os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

from multiprocessing import TimeoutError, current_process

import ray
import ray.util.multiprocessing.pool as pool_of_ray

# So many processes may all pools of a program have.
PROCESSES = 16


def get_all_start_methods():
    return ["spawn"]


class Context:
    """What Poolproof may ask for: pools, and nothing else."""

    def Pool(self, *args, **kwargs):
        if not ray.is_initialized():
            ray.init(
                num_cpus=PROCESSES,
                include_dashboard=False,
                _node_ip_address="127.0.0.1",
                # It keeps its logs by design: they lie beside the file of the lines.
                _temp_dir=os.path.dirname(os.environ.get("POOLPROOF_OUT", "")) or None,
            )
        return pool_of_ray.Pool(*args, **kwargs)


class pool:
    """Where a pool and its results are looked at."""

    Pool = pool_of_ray.Pool
    MapResult = pool_of_ray.AsyncResult
    IMapIterator = pool_of_ray.OrderedIMapIterator


def get_context(method="spawn"):
    return Context()
