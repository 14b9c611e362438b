"""
Steering a training while it runs: edit the cell, and the training follows.

What to look at: a watch cuts the learning rate when the loss is low enough and freezes the first layer later on. Both
edits are swaps of the cell, made here by a watch; a slider or a REPL would do the same. Each shows up as an event in
the statistics, with the epoch from which it holds.

    python examples/live_edit.py
"""

import synapse_rx as sx


def main() -> None:
    net = sx.mlp(
        [64, 50, 10], ["sigmoid", "softmax"], sx.training("backprop", learning_rate=0.5, momentum=0.9)
    )

    @net.add_watch("cut the rate")
    def cut(key: str, cell: sx.Atom[sx.Net], old: sx.Net, new: sx.Net) -> None:
        stats = new.training.stats
        if stats.epochs and stats.loss[-1] < 0.1:
            cell.remove_watch(key)
            cell.swap(sx.with_learning_rate, 0.05)

    @net.add_watch("freeze")
    def freeze(key: str, cell: sx.Atom[sx.Net], old: sx.Net, new: sx.Net) -> None:
        if new.training.stats.epochs == 15:
            cell.remove_watch(key)
            cell.swap(sx.freeze, 0)

    snapshot = sx.deref(sx.train(net, sx.load_training_set("digits"), 20))
    for event in snapshot.training.stats.events:
        print(f"from epoch {event.epoch + 1}: {event.what} {event.detail}")
    rates = snapshot.training.stats.learning_rate
    print("learning rate of the first and the last epoch:", rates[0], rates[-1])
    print(snapshot)


if __name__ == "__main__":
    main()
