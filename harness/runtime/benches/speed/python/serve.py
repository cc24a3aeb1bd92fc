"""Serves one function of a file beside this one, as a host of the benches does:
a line comes in, the function measures once, its figures go out.

    serve.py FILE.FUNCTION PLACE FIRST_PROCESSOR SECOND_PROCESSOR
"""

if __name__ == "__main__":
    import importlib
    import sys

    import place

    place.name = sys.argv[2]
    place.processors = [int(sys.argv[3]), int(sys.argv[4])]
    module, function = sys.argv[1].split(".")
    measure = getattr(importlib.import_module(module), function)
    for _ in sys.stdin:
        try:
            figures = measure()
            print("figures", *figures if isinstance(figures, tuple) else (figures,))
        except Exception as error:
            print("failed", repr(error))
