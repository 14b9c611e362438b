"""
A session in a plain REPL, written down: no async, no await, watches and time travel.

What to look at: `train` returns at once and the prompt stays yours; `net.value` is always the newest complete snapshot;
old snapshots are values, so going back is nothing but making a cell of one.

    python examples/repl_session.py
"""

import synapse_rx as sx

net = sx.mlp([64, 30, 10], ["tanh", "softmax"], sx.training("rmsprop", learning_rate=0.003))
print(net)

kept = []
net.add_watch("keep", lambda key, cell, old, new: kept.append(new))

run = sx.train(net, sx.load_training_set("digits"), 20)
print("train returned:", type(run).__name__)
snapshot = sx.deref(run)  # only now do we wait
print(run)

errors = snapshot.training.stats.validation["misclassification"]
best = min(kept[1:], key=lambda one: one.training.stats.validation["misclassification"][-1])
print(f"best of {len(errors)} epochs was epoch {best.training.stats.epochs}")

branch = sx.atom(best)  # back in time, and on from there in another direction
branch.swap(sx.with_algorithm, "backprop", learning_rate=0.05)
sx.deref(sx.train(branch, sx.load_training_set("digits"), 5))
print("the branch:", branch.value)
print("the net is what it was:", net.value is snapshot)
