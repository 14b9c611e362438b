"""
Where batches come from: samples that lie where the network is trained, or are brought there one batch ahead.

`Feed` serves a data set that lies there whole; the others a part of it for one of several processes, sets too large to
lie there, samples changed at random, and streams. Which one it is, `Supply` decides.
"""
