from synapse_rx.layers import GRU, LSTM, RNN

WITH_LENGTHS = ((4, 5), (1,))
EXAMPLES = [
    (RNN(3), (5, 2)),
    (RNN(2, "relu", returns="sequence"), (1, 3)),
    (RNN(2, "sigmoid", layers=2, returns="sequence", bidirectional=True), (2, 16)),
    (RNN(2, bidirectional=True), WITH_LENGTHS),
    (RNN(3, carry=True, layers=2), (3, 2)),
    (LSTM(3), (4, 2)),
    (LSTM(1), (1, 1)),
    (LSTM(2, layers=3, returns="sequence"), (3, 5)),
    (LSTM(3, layers=2, bidirectional=True), (5, 2)),
    (LSTM(3, peepholes=True, forget_bias=0.5), (4, 3)),
    (LSTM(1, peepholes=True, layers=2, bidirectional=True, returns="sequence"), WITH_LENGTHS),
    (LSTM(2, padding=0, returns="sequence"), (3, 3)),
    (LSTM(2, carry=True, layers=2), WITH_LENGTHS),
    (LSTM(2, truncate=4, initializer="he", recurrent_initializer="glorot"), (4, 3)),
    (GRU(3), (4, 2)),
    (GRU(2, reset="before"), (3, 1)),
    (GRU(2, layers=2, returns="sequence"), (1, 3)),
    (GRU(2, bidirectional=True), WITH_LENGTHS),
    (GRU(1, reset="before", bidirectional=True, layers=2, returns="sequence"), WITH_LENGTHS),
    (GRU(2, carry=True, padding=1.5), (3, 2)),
]
