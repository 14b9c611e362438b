from synapse_rx.layers import PReLU

EXAMPLES = [
    (PReLU(), (3,)),
    (PReLU(slope=-0.5), (3, 2, 5)),
    (PReLU("element"), (2, 3)),
    (PReLU("layer", slope=0), (2, 1, 3)),
    (PReLU("layer"), (5,)),
]
