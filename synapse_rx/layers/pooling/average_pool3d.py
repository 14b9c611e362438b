"""Average pooling in three dimensions."""

from __future__ import annotations

from attrs import frozen

from .average_pool import AveragePool


@frozen
class AveragePool3D(AveragePool):
    """
    Average pooling in three dimensions: the mean of the inputs in each window, channel by channel.

    Padding is not part of the mean unless it is asked for; what ``ceil`` adds behind it never is, as in PyTorch.

    Args:
        kernel: The size of a window. One number, or one for each axis.
        stride: The distance between windows, by default their size. One number, or one for each axis.
        padding: "valid" for none; "same" for ceil(size / stride) windows along each axis, an odd element behind; or
            what is added on every side, less than the kernel: a number, or for each axis a number or a pair (before,
            behind), such as ``(1, 1, (0, 1))``.
        ceil: Whether elements left over at the end get a window of their own, which is smaller.
        count_padding: Whether the zeros of the padding are part of the mean.

    Shapes:
        x (N, channels, depth, height, width), y (N, channels, ...) with floor((size + padding - kernel) / stride) + 1
        elements along an axis, rounded up in place of down with ``ceil``

    Raises:
        OptionError: If an option is not as described.
        ShapeError: If samples have other axes, or a window does not fit into them.
    """

    @classmethod
    def axes(cls) -> tuple[str, str, str]:
        return ("depth", "height", "width")
