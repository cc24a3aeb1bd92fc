"""Pool.map of many small tasks, one by one and in chunks."""

import time

from peers import context


def square(x):
    return x * x


def map_single():
    return _map(10_000, 1)


def map_chunks():
    return _map(100_000, None)


def _map(count, chunk):
    with context.Pool(2) as pool:
        pool.map(square, range(1000), chunk)
        begin = time.perf_counter()
        pool.map(square, range(count), chunk)
        return count / (time.perf_counter() - begin)
