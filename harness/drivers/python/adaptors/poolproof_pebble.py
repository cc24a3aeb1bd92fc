"""A pool's names for Pebble's pools, whose `schedule`, `map`, `close`, `stop` and `join` these are."""

import collections.abc
import concurrent.futures
import contextlib
import multiprocessing
from multiprocessing import TimeoutError, current_process

import pebble


def get_all_start_methods():
    return multiprocessing.get_all_start_methods() + ["threads"]


class Pool:
    def __init__(self, processes=None, initializer=None, initargs=()):
        count = processes or multiprocessing.cpu_count()
        if self.method == "threads":
            self._pool = pebble.ThreadPool(count, 0, initializer, initargs)
        else:
            context = multiprocessing.get_context(self.method)
            self._pool = pebble.ProcessPool(count, 0, initializer, initargs, context)

    def apply(self, func, args=(), kwds={}):
        return self._schedule(func, args, kwds).result()

    def apply_async(self, func, args=(), kwds={}):
        return AsyncResult(self._schedule(func, args, kwds))

    def map(self, func, iterable, chunksize=1):
        return list(self.imap(func, iterable, chunksize))

    def imap(self, func, iterable, chunksize=1):
        with errors_of_a_pool():
            return self._pool.map(func, iterable, chunksize=chunksize).result()

    def close(self):
        self._pool.close()

    def terminate(self):
        self._pool.stop()

    def join(self):
        with errors_of_a_pool():
            self._pool.join()

    def __enter__(self):
        self._pool.__enter__()
        return self

    def __exit__(self, *exception):
        self._pool.__exit__(*exception)

    def _schedule(self, func, args, kwds):
        with errors_of_a_pool():
            return self._pool.schedule(func, args, kwds)


@contextlib.contextmanager
def errors_of_a_pool():
    """What is closed, or is still open, is a ValueError there and a RuntimeError here."""
    try:
        yield
    except RuntimeError as error:
        raise ValueError(*error.args) from error
