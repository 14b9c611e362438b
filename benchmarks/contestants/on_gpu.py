"""A `Stack` on a device: this library on one of its backends, PyTorch eager, compiled and as CUDA graphs."""

from __future__ import annotations

from typing import Any

import synapse_rx as sx
from synapse_rx.backends import Backend
from synapse_rx.network.learner import NetworkLearner

from .stacks import Stack, Theirs


class OursOn:
    """
    The learner of this library on a backend; an epoch is over when the device has computed it.
    """

    def __init__(self, stack: Stack, backend: Backend) -> None:
        how = sx.training("backprop", learning_rate=stack.learning_rate)
        self.net = sx.neural_net(stack.ours, how).value
        self._backend = backend
        data = sx.training_set(stack.x, stack.labels, batch=stack.batch, shuffle=False)
        with backend.active():
            self._learner = NetworkLearner(self.net, data, backend)

    def epoch(self) -> None:
        """
        Learn all samples once.
        """
        with self._backend.active():
            while not self._learner.learn(60.0).epoch_done:
                pass
        self._backend.synchronize()

    def loss(self) -> float:
        """
        Return the loss of the last epoch.
        """
        with self._backend.active():
            return float(self._learner.merge(self.net).training.stats.loss[-1])


class TheirsOn(Theirs):
    """
    PyTorch, eager, its batches on the device before the clock runs.
    """

    def __init__(self, torch: Any, stack: Stack, net: sx.Net, device: str) -> None:
        super().__init__(torch, stack, net)
        self._model = self._model.to(device)
        self._optimizer = torch.optim.SGD(self._model.parameters(), lr=stack.learning_rate)
        self._batches = [(x.to(device), labels.to(device)) for x, labels in self._batches]
        self._wait = torch.cuda.synchronize if device == "cuda" else lambda: None

    def epoch(self) -> None:
        super().epoch()
        self._wait()


class TheirsCompiled(TheirsOn):
    """
    PyTorch with the network and its loss compiled, forward and backward, and launched as CUDA graphs by it.
    """

    def __init__(self, torch: Any, stack: Stack, net: sx.Net) -> None:
        super().__init__(torch, stack, net, "cuda")
        model, loss = self._model, self._loss
        self._judged = torch.compile(lambda x, labels: loss(model(x), labels), mode="reduce-overhead")

    def epoch(self) -> None:
        self._losses = []
        for x, labels in self._batches:
            self._torch.compiler.cudagraph_mark_step_begin()
            self._optimizer.zero_grad(set_to_none=True)
            loss = self._judged(x, labels)
            loss.backward()
            self._optimizer.step()
            self._losses.append(loss.detach().clone())  # the next step writes to where it lies
        self._wait()


class TheirsRounded(TheirsOn):
    """
    PyTorch with factors rounded to TF32 where matrices are multiplied.
    """

    def epoch(self) -> None:
        before = self._torch.get_float32_matmul_precision()
        self._torch.set_float32_matmul_precision("high")
        try:
            super().epoch()
        finally:
            self._torch.set_float32_matmul_precision(before)


class TheirsAsGraphs(TheirsOn):
    """
    PyTorch with each step launched as a CUDA graph: samples are copied to where the graph reads them.
    """

    def __init__(self, torch: Any, stack: Stack, net: sx.Net) -> None:
        super().__init__(torch, stack, net, "cuda")
        first = [parameter.detach().clone() for parameter in self._model.parameters()]
        self._x, self._labels = (part.clone() for part in self._batches[0])
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._step()
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._held = self._step()
        with torch.no_grad():
            for parameter, value in zip(self._model.parameters(), first, strict=True):
                parameter.copy_(value)

    def epoch(self) -> None:
        self._losses = []
        for x, labels in self._batches:
            self._x.copy_(x)
            self._labels.copy_(labels)
            self._graph.replay()
            self._losses.append(self._held.clone())
        self._wait()

    def _step(self) -> Any:
        self._optimizer.zero_grad(set_to_none=True)
        loss = self._loss(self._model(self._x), self._labels)
        loss.backward()
        self._optimizer.step()
        return loss.detach()
