"""Locks: alone, between two processes, and how long the unlucky one of three waits."""

import time

import peers
from peers import context


def alone(lock=None, count=100_000):
    lock = lock or context.Lock()
    begin = time.perf_counter()
    _turns(lock, count)
    return (time.perf_counter() - begin) * 1e9 / count


def _turns(lock, count):
    for _ in range(count):
        lock.acquire()
        lock.release()


def together(count=100_000):
    lock, barrier = context.Lock(), context.Barrier(2)
    process = peers.start(_together, barrier, lock, count)
    barrier.wait()
    begin = time.perf_counter()
    _turns(lock, count)
    peers.end(process)
    return (time.perf_counter() - begin) * 1e9 / (2 * count)


def _together(barrier, lock, count):
    barrier.wait()
    _turns(lock, count)


def longest_wait(count=1_000_000):
    lock, barrier, queue = context.Lock(), context.Barrier(3), context.SimpleQueue()
    arguments = (barrier, queue, lock, count // 3)
    processes = [peers.start(_longest, *arguments) for _ in range(2)]
    _longest(*arguments)
    longest = max(queue.get() for _ in range(3))
    for process in processes:
        peers.end(process)
    return longest * 1e3


def _longest(barrier, queue, lock, count):
    clock = time.perf_counter
    longest = 0
    barrier.wait()
    for _ in range(count):
        begin = clock()
        lock.acquire()
        lock.release()
        longest = max(longest, clock() - begin)
    queue.put(longest)
