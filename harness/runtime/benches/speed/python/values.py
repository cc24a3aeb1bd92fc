"""A shared number, increased under its lock by one process and by two."""

import time

import peers
from peers import context


def alone(count=100_000):
    value = context.Value("L", 0)
    begin = time.perf_counter()
    _increase(value, count)
    return (time.perf_counter() - begin) * 1e9 / count


def together(count=50_000):
    value, barrier = context.Value("L", 0), context.Barrier(2)
    process = peers.start(_together, barrier, value, count)
    barrier.wait()
    begin = time.perf_counter()
    _increase(value, count)
    peers.end(process)
    return (time.perf_counter() - begin) * 1e9 / (2 * count)


def _together(barrier, value, count):
    barrier.wait()
    _increase(value, count)


def _increase(value, count):
    lock = value.get_lock()
    for _ in range(count):
        with lock:
            value.value += 1
