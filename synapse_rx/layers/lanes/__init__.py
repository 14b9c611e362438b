"""
Kernels that compute a block of samples at a time, one in each lane of a vector.

All but `machine` is imported only where kernels are compiled (`synapse_rx.fast`).
"""
