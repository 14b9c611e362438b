"""Kernels in CUDA C++: one pass over the memory of a GPU where array functions take several."""

from .add_rows import AddRows as AddRows
from .advance import Advance as Advance
from .average_pool import AveragePoolKernels as AveragePoolKernels
from .batch_norm import BatchNormKernels as BatchNormKernels
from .bias_activation import BiasActivation as BiasActivation
from .conv import ConvKernels as ConvKernels
from .conv_geometry import ConvGeometry as ConvGeometry
from .conv_geometry import suits_pool as suits_pool
from .dropout import DropoutKernel as DropoutKernel
from .elementwise import TABLE as TABLE
from .elementwise import Untranslatable as Untranslatable
from .elementwise import translated as translated
from .gather import NOTHING as NOTHING
from .gather import Gather as Gather
from .global_pool import GlobalPoolKernels as GlobalPoolKernels
from .graph import Graph as Graph
from .gru import GRUKernels as GRUKernels
from .gru_before import GRUBeforeKernels as GRUBeforeKernels
from .kernels import Fused as Fused
from .kernels import Kernels as Kernels
from .layer_norm import LayerNormKernels as LayerNormKernels
from .lstm import LSTMKernels as LSTMKernels
from .max_pool import MaxPoolKernels as MaxPoolKernels
from .misses import Misses as Misses
from .pad import PadKernels as PadKernels
from .product import Product as Product
from .record import Record as Record
from .recurrence import RecurrentKernels as RecurrentKernels
from .resize import ResizeKernels as ResizeKernels
from .response_norm import ResponseNormKernels as ResponseNormKernels
from .rnn import RNNKernels as RNNKernels
from .row_softmax import RowSoftmax as RowSoftmax
from .separable_losses import SigmoidCrossEntropy as SigmoidCrossEntropy
from .separable_losses import SquaredErrors as SquaredErrors
from .sequences import Recurrence as Recurrence
from .sequences import Sequences as Sequences
from .softmax_cross_entropy import SoftmaxCrossEntropy as SoftmaxCrossEntropy
from .synapse import SynapseKernels as SynapseKernels
from .synapse_rnn import SynapseRNNKernels as SynapseRNNKernels
from .tensor_conv import TensorConvKernels as TensorConvKernels

FUSED: tuple[type[Fused], ...] = (
    AddRows,
    Advance,
    AveragePoolKernels,
    BatchNormKernels,
    BiasActivation,
    ConvKernels,
    DropoutKernel,
    GRUBeforeKernels,
    GRUKernels,
    Gather,
    GlobalPoolKernels,
    LSTMKernels,
    LayerNormKernels,
    MaxPoolKernels,
    Misses,
    PadKernels,
    Product,
    RNNKernels,
    Record,
    RowSoftmax,
    SigmoidCrossEntropy,
    ResizeKernels,
    ResponseNormKernels,
    SoftmaxCrossEntropy,
    SquaredErrors,
    SynapseKernels,
    TensorConvKernels,
    SynapseRNNKernels,
)
"""All that are written in CUDA C++; those of algorithms are `translated` from the loops that numba compiles."""
