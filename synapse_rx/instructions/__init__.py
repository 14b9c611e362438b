"""
Instructions of the processor that a compiler of Python loops does not find by itself, as functions that kernels call.

`addresses` calls machine code by where it lies, and reads and writes numbers there; `vector` has vectors of numbers as
values, and `subnormals` says what is to become of numbers next to 0. They are numba's *intrinsics*: functions whose
calls become the instructions they write. Who writes such functions for whole tiles (`products`, `layers.lanes`) writes
by `vector_code`, or by `masked_code` where vectors may be partly filled. How long the vectors are, `machine` says.

All but `machine` is imported only where kernels are compiled (`synapse_rx.fast`).
"""
