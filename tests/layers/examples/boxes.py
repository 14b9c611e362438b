from synapse_rx.detection import Boxes

SMALL = Boxes((2, 3), ((1.0, 1.5), (2.0, 0.5)), 3)
ONE = Boxes((1, 1), ((1, 1),), 1)

EXAMPLES = [
    (SMALL, (SMALL.channels, 2, 3)),
    (ONE, (ONE.channels, 1, 1)),
]
