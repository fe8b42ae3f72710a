"""Applies linear layers in 8-bit integers."""

import numpy as np
from numpy.typing import NDArray

from kubelore.embedding.onnx_builder import RUNTIME_DOMAIN, GraphBuilder

_STEPS = 127
"""What 8 bits hold on either side of zero."""
_ZERO = 128
_LEAST_SIZE = 1e-9


def linear_int8(
    graph: GraphBuilder, value: str, name: str, inputs: int, outputs: int, least: float | None = None
) -> str:
    """Apply a linear layer as `linear` does, multiplying integers.

    Each output has a scale of its own, and so has each token: a text has the same vector in every batch. Where no input
    is smaller than `least`, the whole range of the integers is used for what lies above.
    """
    matrix, factors = _quantised(graph.weight_values(f"{name}.weight", outputs, inputs))
    bias = graph.weight_values(f"{name}.bias", outputs)
    if least is None:
        magnitude, zero, steps = graph.node("Abs", value), _ZERO, _STEPS
    else:
        value = magnitude = graph.node("Sub", value, graph.number(least))
        zero, steps = 0, 2 * _STEPS + 1
        bias += np.float32(least) * factors * matrix.sum(axis=0, dtype=np.float32)
    largest = graph.node("ReduceMax", magnitude, axes=[-1], keepdims=1)
    scales = graph.node("Div", graph.node("Max", largest, graph.number(_LEAST_SIZE)), graph.number(steps))
    product = graph.node(
        "MatMulIntegerToFloat",
        _rounded(graph, value, scales, inputs, zero),
        graph.array(f"{name}.int8", matrix),
        graph.number(1),
        graph.array(f"{name}.factors", factors),
        graph.array(f"zero_{zero}", np.array(zero, np.uint8)),
        domain=RUNTIME_DOMAIN,
    )
    return graph.node("Add", graph.node("Mul", product, scales), graph.array(f"{name}.bias.int8", bias))


def _quantised(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return a matrix of (inputs, outputs), and what each output's integers are multiplied by."""
    factors = np.maximum(np.abs(weights).max(axis=1), _LEAST_SIZE) / _STEPS
    return np.rint(weights.T / factors).astype(np.int8), factors.astype(np.float32)


def _rounded(graph: GraphBuilder, value: str, scales: str, width: int, zero: int) -> str:
    """Divide each token's numbers by its scale, and round to unsigned integers of which `zero` stands for 0."""
    tokens = graph.node("Reshape", value, graph.integers(-1, width))
    token_scales = graph.node("Reshape", scales, graph.integers(-1))
    zeros = graph.node(
        "Expand", graph.array(f"zero_{zero}", np.array(zero, np.uint8)), graph.node("Shape", token_scales)
    )
    integers = graph.node("QuantizeLinear", tokens, token_scales, zeros, axis=0)
    return graph.node("Reshape", integers, graph.node("Shape", value))
