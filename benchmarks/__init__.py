"""
Measurements, run by hand: ``python -m benchmarks`` lists them, ``python -m benchmarks NAME --quick`` runs one.

A benchmark is a module here with a function ``run(quick: bool = False, ...)`` that measures and prints; the first line
of its docstring is shown in the list. With more options than ``--quick`` it also has ``add_arguments(parser)``, which
adds them to an ``argparse.ArgumentParser``; ``run`` is called with all of them by name. What measurements share stands
in `benchmarks.harness`.
"""
