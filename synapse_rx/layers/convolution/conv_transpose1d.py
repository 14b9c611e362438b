"""Transposed convolution in one dimension."""

from __future__ import annotations

from attrs import frozen

from .conv_transpose import ConvTranspose


@frozen
class ConvTranspose1D(ConvTranspose):
    """
    Transposed convolution in one dimension: what passes gradients back through `Conv1D`, as a layer that goes up.

    Each input adds its kernel, times its value, to the outputs; neighbours do so ``stride`` apart. Size by size it
    undoes `Conv1D` with the same options (Dumoulin & Visin, 2016, "A guide to convolution arithmetic for deep
    learning", section 4).

    Args:
        channels: Channels of the output.
        kernel: The size of a kernel. A number.
        activation: By name or description; linear by default.
        stride: The distance between the kernels of neighbouring inputs. A number.
        padding: "valid" for none; "same" for size * stride outputs along each axis; or what is cut off the outputs on
            either side, as `Conv1D` would have padded them.
        dilation: The distance between the elements of a kernel. A number.
        groups: Channels are parted into as many groups; each group of outputs sees one group of inputs.
        bias: Whether b is added.
        initializer: How W is drawn; by default what suits the activation.
        bias_initializer: How b is drawn; zeros by default.
        output_padding: Outputs more at the end, fewer than the stride: which of the sizes that `Conv1D` would make
            equally small is meant.

    Shapes:
        x (N, in_channels, length), y (N, channels, ...) with (size - 1) stride + span - padding + output_padding
        elements along an axis, span = (kernel - 1) dilation + 1; W (channels, in_channels / groups, kernel), b
        (channels,). PyTorch keeps the first two axes of W the other way round.

    Raises:
        OptionError: If an option is not as described.
        ShapeError: If samples have other axes, nothing is left of the outputs, or the groups do not divide the
            channels.
    """

    @classmethod
    def axes(cls) -> tuple[str]:
        return ("length",)
