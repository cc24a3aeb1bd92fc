"""Queues: 64 bytes from one producer to one consumer, and there and back."""

from peers import context, round_trips, stream

SMALL = b"\7" * 64
COUNT = 10_000


def queue():
    queue = context.Queue()
    return stream(COUNT, lambda: queue.put(SMALL), queue.get)


def simple():
    queue = context.SimpleQueue()
    return stream(COUNT, lambda: queue.put(SMALL), queue.get)


def joinable():
    queue = context.JoinableQueue()

    def receive():
        queue.get()
        queue.task_done()

    return stream(COUNT, lambda: queue.put(SMALL), receive)


def round_trip():
    there, back = context.Queue(), context.Queue()

    def answer():
        back.put(there.get())

    def trip():
        there.put(SMALL)
        back.get()

    return round_trips(500, answer, trip)
