"""A pool's names for concurrent.futures, which has executors.

It has no more than what an executor has, too: its `map` is executor.map, and its `with` waits.
"""

import collections.abc
import concurrent.futures
import contextlib
import multiprocessing
from multiprocessing import TimeoutError, current_process

SHUT_DOWN = RuntimeError


def get_all_start_methods():
    return multiprocessing.get_all_start_methods() + ["threads"]


def make_executor(method, processes, initializer, initargs):
    if method == "threads":
        return concurrent.futures.ThreadPoolExecutor(
            processes, initializer=initializer, initargs=initargs
        )
    context = multiprocessing.get_context(method)
    return concurrent.futures.ProcessPoolExecutor(
        processes, mp_context=context, initializer=initializer, initargs=initargs
    )
