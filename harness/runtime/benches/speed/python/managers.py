"""A manager's dict, over a local socket and over TCP."""

import time
from multiprocessing.managers import SyncManager

import place
from peers import context


def local():
    return _get_and_set(None)


def tcp():
    return _get_and_set(("127.0.0.1", 0))


def _get_and_set(address, count=500):
    place.peer()
    manager = SyncManager(address, ctx=context)
    manager.start()
    place.main()
    try:
        shared = manager.dict()
        shared[1] = 1

        def set_entry():
            shared[1] = 2

        return _each(lambda: shared[1], count), _each(set_entry, count)
    finally:
        manager.shutdown()


def _each(call, count):
    for _ in range(count // 10):
        call()
    begin = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - begin) * 1e6 / count
