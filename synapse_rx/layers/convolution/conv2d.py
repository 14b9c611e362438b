"""Convolution in two dimensions."""

from __future__ import annotations

from attrs import frozen

from .conv import Conv


@frozen
class Conv2D(Conv):
    """
    Convolution in two dimensions: images.

    ``y[o] = f(sum over c, k of W[o, c, k] x[c, stride o + dilation k] + b[o])``: the cross-correlation that the field
    calls convolution.

    Args:
        channels: Channels of the output, one for each kernel that is learnt.
        kernel: The size of a window: one number, or (height, width).
        activation: f, by name or description; linear by default.
        stride: The distance between windows: one number, or one for each axis.
        padding: "valid" for no padding; "same" for ceil(size / stride) outputs along each axis; the zeros on every
            side; or for each axis a number or a pair (before, behind), such as ``(1, (0, 2))``. "same" needs (windows
            - 1) stride + span - size zeros; where their number is odd the odd one is behind, as in TensorFlow.
        dilation: The distance between the elements of a window: one number, or one for each axis.
        groups: Channels are parted into as many groups; each group of outputs sees one group of inputs.
        bias: Whether b is added.
        initializer: How W is drawn; by default what suits the activation.
        bias_initializer: How b is drawn; zeros by default.

    Shapes:
        x (N, in_channels, height, width), y (N, channels, ...) with floor((size + padding - span) / stride) + 1
        elements along an axis, span = (kernel - 1) dilation + 1; W (channels, in_channels / groups, kernel height,
        kernel width), b (channels,)

    Raises:
        OptionError: If an option is not as described.
        ShapeError: If samples have other axes, a window does not fit into them, or the groups do not divide the
            channels.
    """

    @classmethod
    def axes(cls) -> tuple[str, str]:
        return ("height", "width")
