"""Describes a BERT-like encoder as nodes of an ONNX graph."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from onnx import TensorProto

from kubelore.embedding.graph_names import ATTENTION_MASK, INPUT_IDS, SEGMENT_IDS
from kubelore.embedding.model_files import Activation, Encoder
from kubelore.embedding.onnx_builder import GraphBuilder
from kubelore.embedding.onnx_int8 import linear_int8
from kubelore.embedding.weights import Tensor
from kubelore.resources.precision import Precision

_MASKED = -10_000.0
"""Added to the score of a padding token: its share after the softmax is then 0 in 32 bits."""

_LEAST_ACTIVE = {Activation.GELU: -0.17, Activation.RELU: 0.0}
"""What is below everything that these functions return."""


def checkpoint_prefix(tensors: Mapping[str, Tensor]) -> str:
    """Return what stands before the encoder's own names: `bert.`, `roberta.` or nothing."""
    first = "embeddings.word_embeddings.weight"
    return next((name.removesuffix(first) for name in tensors if name.endswith(first)), "")


@dataclass(frozen=True, slots=True)
class EncoderGraph:
    """Adds an encoder to a graph; `bias` is what `attention_bias` returned.

    With INT8, the linear layers are computed in 8 bits, but for the values that attention sums up: their errors would
    reach the vectors as they are, while those of what is compared are evened out.

    With `segments`, the input `token_type_ids` says which part of a pair a token is of; without, all are of the first.
    """

    graph: GraphBuilder
    encoder: Encoder
    prefix: str
    bias: str
    segments: bool = False
    precision: Precision = Precision.FP32

    def token_vectors(self) -> str:
        """Return the vectors of all tokens, shape (texts, tokens, hidden)."""
        return self._layers(self.encoder.layers, self._embed())

    def first_token_vectors(self) -> str:
        """Return the vectors of the first tokens, shape (texts, 1, hidden): no other one passes the last layer."""
        last = self.encoder.layers - 1
        state = self._layers(last, self._embed())
        return self._layer(last, self.graph.node("Gather", state, self.graph.integers(0), axis=1), state)

    def _layers(self, count: int, state: str) -> str:
        for layer in range(count):
            state = self._layer(layer, state, state)
        return state

    def _layer(self, layer: int, wanted: str, state: str) -> str:
        """Return what becomes of the wanted tokens, which look at all those of the state."""
        name = f"encoder.layer.{layer}"
        attended = self._attend(f"{name}.attention", wanted, state)
        wanted = self._add_and_norm(attended, wanted, f"{name}.attention.output.LayerNorm")
        fed = self._feed_forward(name, wanted)
        return self._add_and_norm(fed, wanted, f"{name}.output.LayerNorm")

    def _weight(self, name: str, *shape: int) -> str:
        return self.graph.weight(self.prefix + name, *shape)

    def _linear(self, value: str, name: str, inputs: int, outputs: int, least: float | None = None) -> str:
        """Apply a layer in the wanted precision; no input is smaller than `least`."""
        if self.precision is Precision.INT8:
            return linear_int8(self.graph, value, self.prefix + name, inputs, outputs, least)
        return linear(self.graph, value, self.prefix + name, inputs, outputs)

    def _add_and_norm(self, value: str, residual: str, name: str) -> str:
        hidden = self.encoder.hidden
        scale, bias = self._weight(f"{name}.weight", hidden), self._weight(f"{name}.bias", hidden)
        total = self.graph.node("Add", value, residual)
        return self.graph.node("LayerNormalization", total, scale, bias, axis=-1, epsilon=self.encoder.epsilon)

    def _embed(self) -> str:
        words = self._weight("embeddings.word_embeddings.weight", self.encoder.vocabulary, self.encoder.hidden)
        looked_up = self.graph.node("Gather", words, INPUT_IDS, axis=0)
        return self._add_and_norm(looked_up, self._positions(), "embeddings.LayerNorm")

    def _positions(self) -> str:
        """Return what tokens get for their position and type; shape (tokens, hidden), of segments (texts, …)."""
        graph, encoder = self.graph, self.encoder
        table = self._weight("embeddings.position_embeddings.weight", encoder.positions, encoder.hidden)
        types = self._weight("embeddings.token_type_embeddings.weight", encoder.token_types, encoder.hidden)
        if self.segments:
            return graph.node("Add", self._slice(table), graph.node("Gather", types, SEGMENT_IDS, axis=0))
        return self._slice(graph.node("Add", table, graph.node("Gather", types, graph.integers(0), axis=0)))

    def _slice(self, table: str) -> str:
        """Cut the position table to the length of the texts."""
        graph = self.graph
        length = graph.node("Gather", graph.node("Shape", INPUT_IDS), graph.integers(1), axis=0)
        first = graph.integers(self.encoder.first_position)
        return graph.node("Slice", table, first, graph.node("Add", length, first), graph.integers(0))

    def _attend(self, name: str, wanted: str, state: str) -> str:
        graph, hidden = self.graph, self.encoder.hidden
        query = self._heads(self._linear(wanted, f"{name}.self.query", hidden, hidden), [0, 2, 1, 3])
        key = self._heads(self._linear(state, f"{name}.self.key", hidden, hidden), [0, 2, 3, 1])
        value = self._heads(linear(graph, state, f"{self.prefix}{name}.self.value", hidden, hidden), [0, 2, 1, 3])
        scores = graph.node("Div", graph.node("MatMul", query, key), graph.number(math.sqrt(self._head_width)))
        shares = graph.node("Softmax", graph.node("Add", scores, self.bias), axis=-1)
        by_token = graph.node("Transpose", graph.node("MatMul", shares, value), perm=[0, 2, 1, 3])
        context = graph.node("Reshape", by_token, graph.integers(0, 0, hidden))
        return self._linear(context, f"{name}.output.dense", hidden, hidden)

    @property
    def _head_width(self) -> int:
        return self.encoder.hidden // self.encoder.heads

    def _heads(self, projected: str, order: list[int]) -> str:
        """Split into heads; `order` arranges (texts, tokens, heads, width)."""
        shape = self.graph.integers(0, 0, self.encoder.heads, self._head_width)
        return self.graph.node("Transpose", self.graph.node("Reshape", projected, shape), perm=order)

    def _feed_forward(self, name: str, state: str) -> str:
        hidden, intermediate = self.encoder.hidden, self.encoder.intermediate
        wide = self._linear(state, f"{name}.intermediate.dense", hidden, intermediate)
        active = activate(self.graph, wide, self.encoder.activation)
        least = _LEAST_ACTIVE[self.encoder.activation]
        return self._linear(active, f"{name}.output.dense", intermediate, hidden, least)


def linear(graph: GraphBuilder, value: str, name: str, inputs: int, outputs: int, *, bias: bool = True) -> str:
    """Apply a linear layer; torch keeps its matrix as (outputs, inputs)."""
    matrix = graph.node("Transpose", graph.weight(f"{name}.weight", outputs, inputs), perm=[1, 0])
    product = graph.node("MatMul", value, matrix)
    return graph.node("Add", product, graph.weight(f"{name}.bias", outputs)) if bias else product


def float_mask(graph: GraphBuilder) -> str:
    """Return 1 for a token of the text and 0 for padding, shape (texts, tokens)."""
    return graph.node("Cast", ATTENTION_MASK, to=TensorProto.FLOAT)


def activate(graph: GraphBuilder, value: str, activation: Activation) -> str:
    """Apply a function to every number."""
    match activation:
        case Activation.GELU:
            return _gelu(graph, value)
        case Activation.RELU:
            return graph.node("Relu", value)
        case Activation.TANH:
            return graph.node("Tanh", value)
        case Activation.IDENTITY:
            return value


def _gelu(graph: GraphBuilder, value: str) -> str:
    """Apply x / 2 * (1 + erf(x / sqrt 2)), in the form that ONNX Runtime fuses into one operator."""
    error = graph.node("Erf", graph.node("Div", value, graph.number(math.sqrt(2))))
    doubled = graph.node("Mul", value, graph.node("Add", error, graph.number(1)))
    return graph.node("Mul", doubled, graph.number(0.5))


def attention_bias(graph: GraphBuilder) -> str:
    """Return what is added to scores, shape (texts, 1, 1, tokens): 0 for text, `_MASKED` for padding."""
    padding = graph.node("Sub", graph.number(1), float_mask(graph))
    bias = graph.node("Mul", padding, graph.number(_MASKED))
    return graph.node("Unsqueeze", bias, graph.integers(1, 2))
