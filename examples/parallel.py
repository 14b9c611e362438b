"""
One network trained by several processes, each on its part of every batch.

What to look at: started by `mpiexec` there are as many processes as it was told; each prints who it is, and all end
with the very same network. Only process 0 watches the training and steers it. Started without, there is one process,
which learns the same network but for the last digits of its parameters.

    pip install 'synapse-rx[mpi]'
    mpiexec -n 2 python examples/parallel.py
"""

import zlib

import synapse_rx as sx
from synapse_rx.errors import MissingExtraError


def main() -> None:
    try:
        comm = sx.collective("mpi")
    except MissingExtraError as error:
        print(error)
        comm = None
    rank, size = (comm.rank, comm.size) if comm else (0, 1)
    net = sx.mlp([64, 50, 10], ["sigmoid", "softmax"], sx.training("adam", learning_rate=0.01))

    if rank == 0:

        @net.add_watch("steer")
        def steer(key: str, cell: sx.Atom[sx.Net], old: sx.Net, new: sx.Net) -> None:
            if new.training.stats.epochs == 3:
                cell.remove_watch(key)
                cell.swap(sx.with_learning_rate, 0.002)  # at the same step in every process

    data = sx.load_training_set("digits", batch=64)
    snapshot = sx.deref(sx.train(net, data, 5, reduce=comm))
    mark = zlib.crc32(snapshot.params.flat.tobytes())
    loss = snapshot.training.stats.loss[-1]
    print(f"process {rank} of {size}: loss {loss:.4f}, parameters {mark:08x}", flush=True)


if __name__ == "__main__":
    main()
