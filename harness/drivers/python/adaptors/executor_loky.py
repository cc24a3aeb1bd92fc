"""A pool's names for loky's reusable executor.

It has no more than what an executor has, too: its `map` is executor.map, and its `with` waits.
"""

import collections.abc
import concurrent.futures
import contextlib
from multiprocessing import TimeoutError, current_process

import loky
from loky.process_executor import ShutdownExecutorError

SHUT_DOWN = ShutdownExecutorError


def get_all_start_methods():
    return ["spawn"]


def make_executor(method, processes, initializer, initargs):
    return loky.get_reusable_executor(
        processes,
        context="loky_init_main",
        initializer=initializer,
        initargs=initargs,
        reuse=False,
    )
