from synapse_rx.layers import (
    Conv1D,
    Conv2D,
    Conv3D,
    Convolution,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
)

EXAMPLES = [
    (Conv1D(2, 3), (1, 7)),
    (Conv1D(3, 2, "tanh", stride=2, padding=[(2, 0)]), (2, 5)),
    (Conv1D(1, 1), (3, 1)),
    (Conv2D(2, 3), (1, 5, 4)),
    (
        Conv2D(4, (2, 3), "tanh", stride=(2, 1), padding=((1, 0), (0, 2)), dilation=(1, 2), groups=2),
        (2, 5, 7),
    ),
    (Conv2D(2, 2, padding="same", bias=False), (2, 3, 4)),
    (Conv2D(3, 3, stride=3, padding="same", initializer="orthogonal", bias_initializer="zeros"), (1, 4, 7)),
    (Conv2D(5, 1), (2, 3, 3)),
    (Conv2D(2, (3, 2)), (1, 11, 11)),  # enough windows for samples to be done one by one, in runs
    (Conv2D(12, (2, 1)), (1, 9, 9)),  # and in rows
    (Conv2D(2, 1, stride=1), (1, 9, 8)),  # images that are their own columns
    (Conv3D(2, (1, 2, 3), padding=1, groups=2), (2, 2, 3, 3)),
    (Conv3D(1, 2, "sigmoid", stride=2), (1, 3, 2, 4)),
    (ConvTranspose1D(2, 3, stride=2, padding=1, output_padding=1), (3, 3)),
    (ConvTranspose2D(2, (3, 2), "tanh", stride=(1, 3), output_padding=(0, 2), groups=2), (4, 2, 3)),
    (ConvTranspose2D(1, 2, padding="same", stride=3, bias=False), (2, 2, 3)),
    (ConvTranspose2D(2, 3, dilation=2, padding=((1, 2), (0, 1))), (1, 3, 4)),
    (ConvTranspose2D(3, 1), (2, 9, 8)),
    (ConvTranspose3D(2, 2, stride=(1, 2, 1)), (1, 2, 2, 3)),
    (Convolution(2, (2, 3), "tanh", (2, 1)), (1, 5, 4)),
    (Convolution(3, 2), (2, 3, 3)),
    (Convolution(2, 2, "sigmoid", 3, pool_kind="average", initializer="scaled_normal"), (1, 4, 7)),
]
