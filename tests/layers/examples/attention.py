from synapse_rx.layers import MultiHeadAttention, PositionalEncoding

EXAMPLES = [
    (PositionalEncoding(), (5, 3)),
    (PositionalEncoding(longest=10), (1, 4)),
    (MultiHeadAttention(1), (1, 1)),
    (MultiHeadAttention(2), (4, 6)),
    (MultiHeadAttention(3, key_units=2), (5, 4)),
    (MultiHeadAttention(2, units=5, key_units=3, value_units=2, causal=True), (4, 3)),
    (MultiHeadAttention(2, causal=True), ((4, 4), (1,))),
    (MultiHeadAttention(2, bias=False), ((4, 2), (1,))),
    (MultiHeadAttention(2), ((3, 4), (5, 2))),
    (MultiHeadAttention(1, units=3), ((3, 4), (5, 2), (1,))),
]
