from synapse_rx.layers import BatchNorm, LayerNorm

EXAMPLES = [
    (BatchNorm(), (3,)),
    (BatchNorm(affine=False), (5,)),
    (BatchNorm(momentum=0.3, epsilon=0.1), (3, 2, 5)),
    (BatchNorm("element"), (2, 3)),
    (BatchNorm("element", affine=False), (2, 1, 3)),
    (BatchNorm(), (1, 4)),
    (LayerNorm(), (3,)),
    (LayerNorm(epsilon=0.1, affine=False), (2, 5)),
    (LayerNorm((1, 2)), (2, 3, 3)),
    (LayerNorm(None), (3, 1, 2)),
    (LayerNorm(0), (3, 2, 3)),
    (LayerNorm([-1, 0], affine=False), (3, 2, 3)),
]
