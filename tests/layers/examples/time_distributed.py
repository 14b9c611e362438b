from synapse_rx.activations import Softmax
from synapse_rx.layers import Activation, BatchNorm, Dense, Residual, TimeDistributed

EXAMPLES = [
    (TimeDistributed(Dense(3)), (4, 2)),
    (TimeDistributed(Dense(2, "softmax")), (1, 3)),
    (TimeDistributed([Dense(3, "tanh"), Dense(2)]), (3, 2, 2)),
    (TimeDistributed(Dense(3, Softmax(axis=0))), (3, 2)),
    (TimeDistributed(Activation("sigmoid")), (5, 1)),
    (TimeDistributed(BatchNorm()), (3, 2)),
    (TimeDistributed(Residual(TimeDistributed(Dense(2, "tanh")))), (3, 4, 2)),
]
