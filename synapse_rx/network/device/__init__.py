"""
Many steps on a device without a word from the host: what changes from step to step lies there.

`DeviceChunk` is plain dense networks as one list of kernels; `CapturedChunk` and `CapturedPass` are what an engine does
anyway, captured once for each size of batch and launched again and again.
"""
