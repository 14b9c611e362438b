from synapse_rx.activations import Activation as Function
from synapse_rx.activations import LeakyReLU
from synapse_rx.layers import Activation, Dense

SMOOTH = [
    member()
    for member in Function.members()
    if member.differentiable and member.exact and not member.function_field
]
EXAMPLES = [
    (Dense(3), (4,)),
    (Dense(1, "tanh"), (1,)),
    (Dense(5, "softmax", "he", "zeros"), (2, 3)),
    (Dense(2, LeakyReLU(0.2)), (2, 1, 3)),
    *((Activation(function), (3,)) for function in SMOOTH),
    (Activation("softmax"), (2, 2, 3)),
    (Activation("tanh"), (2, 3)),
]
