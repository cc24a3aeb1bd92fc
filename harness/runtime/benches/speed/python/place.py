"""On which processors the measured process and its peers run."""

import os

name = "free"
processors = [0, 0]


def main():
    """Goes to the processor of the measured process."""
    if name != "free":
        os.sched_setaffinity(0, {processors[0]})


def peer():
    """Goes to the processor of the peers; what is started from here is there, too."""
    if name == "one-cpu":
        os.sched_setaffinity(0, {processors[0]})
    elif name == "two-cpus":
        os.sched_setaffinity(0, {processors[1]})
