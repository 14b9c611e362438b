"""Networks from the files of Keras."""

from .importing import import_keras as import_keras
