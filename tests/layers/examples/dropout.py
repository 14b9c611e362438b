from synapse_rx.layers import Dropout, GaussianDropout, SpatialDropout

EXAMPLES = [
    (Dropout(), (3,)),
    (Dropout(0.2), (2, 3)),
    (Dropout(0), (3,)),
    (SpatialDropout(), (5, 2)),
    (SpatialDropout(0.3), (3, 2, 3)),
    (GaussianDropout(), (5,)),
    (GaussianDropout(0.1), (2, 1, 3)),
]
