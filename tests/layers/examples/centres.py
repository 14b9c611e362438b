from synapse_rx.layers import Centres

EXAMPLES = [
    (Centres(3), (4,)),
    (Centres(1), (2, 3)),
    (Centres(5, "zeros"), (1,)),
]
