

class Pool:
    """Those of a pool's methods that an executor has under other names."""

    def __init__(self, processes=None, initializer=None, initargs=()):
        self._executor = make_executor(self.method, processes, initializer, initargs)

    def apply(self, func, args=(), kwds={}):
        return self._submit(func, *args, **kwds).result()

    def apply_async(self, func, args=(), kwds={}):
        return AsyncResult(self._submit(func, *args, **kwds))

    def map(self, func, iterable, chunksize=1):
        return list(self.imap(func, iterable, chunksize))

    def starmap(self, func, iterable, chunksize=1):
        with errors_of_a_pool():
            return list(self._executor.map(func, *zip(*iterable), chunksize=chunksize))

    def imap(self, func, iterable, chunksize=1):
        with errors_of_a_pool():
            return self._executor.map(func, iterable, chunksize=chunksize)

    def imap_unordered(self, func, iterable):
        futures = [self._submit(func, item) for item in iterable]
        return (future.result() for future in concurrent.futures.as_completed(futures))

    def close(self):
        self._executor.shutdown(wait=False)

    def join(self):
        self._executor.shutdown(wait=True)

    def __enter__(self):
        self._executor.__enter__()
        return self

    def __exit__(self, *exception):
        self._executor.__exit__(*exception)

    def _submit(self, func, *args, **kwds):
        with errors_of_a_pool():
            return self._executor.submit(func, *args, **kwds)


@contextlib.contextmanager
def errors_of_a_pool():
    """What is shut down is no pool any more, which is another class of error there."""
    try:
        yield
    except SHUT_DOWN as error:
        if isinstance(error, concurrent.futures.BrokenExecutor):
            raise
        raise ValueError(*error.args) from error
