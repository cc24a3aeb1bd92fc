"""Starting a process that does nothing, and joining it."""

import multiprocessing
import time


def nothing():
    pass


def spawn():
    return _start_and_join("spawn", 3)


def forkserver():
    return _start_and_join("forkserver", 5)


def fork():
    return _start_and_join("fork", 20)


def _start_and_join(method, count):
    context = multiprocessing.get_context(method)
    _one(context)
    begin = time.perf_counter()
    for _ in range(count):
        _one(context)
    return (time.perf_counter() - begin) * 1e6 / count


def _one(context):
    process = context.Process(target=nothing)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"the process ended with {process.exitcode}")
