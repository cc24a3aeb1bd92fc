

class AsyncResult:
    """A future by a result's names."""

    def __init__(self, future):
        self._future = future

    def get(self, timeout=None):
        self.wait(timeout)
        if not self.ready():
            raise TimeoutError
        return self._future.result()

    def wait(self, timeout=None):
        concurrent.futures.wait([self._future], timeout)

    def ready(self):
        return self._future.done()

    def successful(self):
        if not self.ready():
            raise ValueError("it is not ready")
        return self._future.exception() is None


class Context:
    """What Poolproof may ask for: pools, and nothing else."""

    def __init__(self, method):
        self.Pool = type("Pool", (Pool,), {"method": method})


class pool:
    """Where a pool and its results are looked at."""

    Pool = Pool
    MapResult = AsyncResult
    IMapIterator = collections.abc.Iterator


def get_context(method):
    return Context(method)
