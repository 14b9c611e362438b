"""
Two networks in the browser, watched and steered while they train.

What to look at: open the address that is printed. Pause a network, move its learning rate, freeze a layer, switch the
algorithm: each is a swap of the cell, shows up as a dotted line in the curves, and is printed here at the end. Without
an argument it trains 30 epochs and leaves; give it a number of epochs to have time to play.

    python examples/dashboard.py 5000
"""

import asyncio
import sys

import synapse_rx as sx


def network(name: str, how: sx.Training) -> sx.Atom[sx.Net]:
    net = sx.mlp([64, 50, 10], ["sigmoid", "softmax"], how)
    net.reset_meta({"name": name})
    return net


async def main(epochs: int) -> None:
    data = sx.load_training_set("digits", nvalid=200)
    kinds = ["misclassification", "gradient_norm"]
    nets = [
        network("backprop", sx.training("backprop", learning_rate=0.05, momentum=0.5, stats=kinds)),
        network("adam", sx.training("adam", stats=kinds)),
    ]
    async with sx.dashboard(nets, history=sx.History(nets, capacity=50)) as board:
        print("open", board.url)
        await asyncio.gather(*(sx.train(net, data, epochs) for net in nets))

    for net in nets:
        print(net.meta["name"], net.value.training.stats)
        for event in net.value.training.stats.events:
            print(f"  from epoch {event.epoch + 1}: {event.what} {event.detail}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30))
