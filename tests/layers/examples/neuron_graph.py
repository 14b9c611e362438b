from synapse_rx import graph as g

EXAMPLES = [
    (g.lstm(3, 2, 2, gradient="bptt", hidden_to_hidden=True), (5, 3)),
    (g.lstm(2, 2, 3, peepholes=None, activation="tanh", gradient="bptt", returns="last"), (4, 2)),
    (g.perceptron(3, 4, 2, activation=["tanh", "linear"]), (3,)),
    (g.liquid(2, 4, 2, 5, 2, gradient="bptt", activation="softplus"), (3, 2)),
    (g.gated_recurrent(2, 2, 1), (3, 2)),
]
