"""A second process, and the two jobs that most benches are: answers, and a stream."""

import multiprocessing
import time

import place

context = multiprocessing.get_context("fork")


def start(work, *arguments):
    """Runs work in a process of its own, on the peer's processor."""
    place.peer()
    process = context.Process(target=work, args=arguments)
    process.start()
    place.main()
    return process


def end(process):
    process.join(20)
    if process.exitcode != 0:
        raise RuntimeError(f"the peer ended with {process.exitcode}")


def repeat(count, work):
    for _ in range(count):
        work()


def round_trips(count, answer, trip):
    """Microseconds a trip, which answer answers in a peer."""
    warm_up = count // 10
    process = start(repeat, count + warm_up, answer)
    repeat(warm_up, trip)
    begin = time.perf_counter()
    for _ in range(count):
        trip()
    seconds = time.perf_counter() - begin
    end(process)
    return seconds * 1e6 / count


def stream(count, send, receive, finish=lambda: None):
    """How many things a second come from a peer that calls send for each."""
    reader, writer = context.Pipe(False)
    process = start(_send, reader, count, send, finish)
    begin = time.perf_counter()
    writer.send_bytes(b"x")
    for _ in range(count):
        receive()
    seconds = time.perf_counter() - begin
    end(process)
    return count / seconds


def _send(gate, count, send, finish):
    gate.recv_bytes()
    for _ in range(count):
        send()
    finish()
