"""Tasks that are not small and equal: some slow ones among many, tasks that wait for each other,
and tasks of a mebibyte.
"""

import time

from peers import context

LARGE = b"\7" * (1 << 20)


def _uneven(index):
    if index % 50 == 0:
        time.sleep(0.02)


def uneven():
    with context.Pool(2) as pool:
        pool.map(_uneven, range(1, 50), 1)
        begin = time.perf_counter()
        pool.map(_uneven, range(1000), 1)
        return (time.perf_counter() - begin) * 1e3


def _keep(barrier):
    global kept
    kept = barrier


def _meet(_):
    kept.wait()


def meeting():
    with context.Pool(2, _keep, (context.Barrier(2),)) as pool:
        begin = time.perf_counter()
        pool.map(_meet, range(64), 1)
        return (time.perf_counter() - begin) * 1e3


def _echo(value):
    return value


def large(count=10):
    with context.Pool(2) as pool:
        pool.apply(_echo, (LARGE,))
        begin = time.perf_counter()
        for _ in range(count):
            pool.apply(_echo, (LARGE,))
        return 2 * count / (time.perf_counter() - begin)
