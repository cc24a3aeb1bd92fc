"""Pipes: 64 bytes there and back, 64 bytes one way, a mebibyte one way."""

from peers import context, round_trips, stream

SMALL = b"\7" * 64
LARGE = b"\7" * (1 << 20)


def round_trip():
    one, other = context.Pipe()

    def answer():
        other.send_bytes(other.recv_bytes())

    def trip():
        one.send_bytes(SMALL)
        one.recv_bytes()

    return round_trips(1000, answer, trip)


def one_way():
    reader, writer = context.Pipe(False)
    return stream(20_000, lambda: writer.send_bytes(SMALL), reader.recv_bytes)


def large():
    one, other = context.Pipe()
    return stream(50, lambda: other.send_bytes(LARGE), one.recv_bytes)
