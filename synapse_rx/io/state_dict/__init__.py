"""Weights as PyTorch names and arranges them."""

from .exchange import to_state_dict as to_state_dict
from .exchange import with_state_dict as with_state_dict
from .importing import import_state_dict as import_state_dict
