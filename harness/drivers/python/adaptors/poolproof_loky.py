"""multiprocessing's names for loky's own processes, queues and locks.

Its children are new interpreters, as those of `spawn` are; so that they import the program as
those do, its start method is `loky_init_main` and not `loky`.
"""

from multiprocessing import AuthenticationError, BufferTooShort, ProcessError, TimeoutError
from multiprocessing import current_process, managers, pool

from loky.backend import get_context as loky_context


def get_all_start_methods():
    return ["spawn"]


def get_context(method="spawn"):
    return loky_context({"spawn": "loky_init_main"}[method])
