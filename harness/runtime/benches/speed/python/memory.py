"""What a worker that waits for work costs: the memory that is its own."""

import multiprocessing
import os


def fork():
    return _idle_worker("fork")


def forkserver():
    return _idle_worker("forkserver")


def spawn():
    return _idle_worker("spawn")


def _idle_worker(method):
    with multiprocessing.get_context(method).Pool(1) as pool:
        pid = pool.apply(os.getpid)
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Private_"))
