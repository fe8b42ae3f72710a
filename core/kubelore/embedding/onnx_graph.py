"""Describes a BERT-like sentence encoder as an ONNX graph of standard operators."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from onnx import TensorProto

from kubelore.embedding.graph_names import ATTENTION_MASK, EMBEDDING, INPUT_IDS
from kubelore.embedding.model_files import Activation, DenseLayer, Encoder, Pooling, SentenceModel
from kubelore.embedding.onnx_builder import GraphBuilder
from kubelore.embedding.weights import Tensor, common_folder

_MASKED = -10_000.0
"""Added to the score of a padding token: its share after the softmax is then 0 in 32 bits."""
_LEAST_NORM = 1e-12
"""What torch's `normalize` divides by at least."""


def build_graph(model: SentenceModel, tensors: Mapping[str, Tensor]) -> bytes:
    """Return the serialised graph; the files of `tensors` are named relative to their common folder.

    Inputs: `input_ids` and `attention_mask`, int64 of shape (texts, tokens). Output: `embedding`, float32 of shape
    (texts, dimension), L2-normalised rows.

    Raises KubeloreError MODEL_CORRUPT or MODEL_UNSUPPORTED.
    """
    graph = GraphBuilder(tensors, common_folder(tensors))
    encoder = _EncoderGraph(graph, model.encoder, _checkpoint_prefix(tensors))
    vectors = _pool(graph, encoder.token_vectors(), model.pooling)
    for layer in model.dense:
        vectors = _project(graph, vectors, layer)
    _normalise(graph, vectors)
    texts_and_tokens = ("texts", "tokens")
    return graph.serialise(
        inputs={INPUT_IDS: texts_and_tokens, ATTENTION_MASK: texts_and_tokens},
        outputs={EMBEDDING: ("texts", model.dimension)},
    )


def _checkpoint_prefix(tensors: Mapping[str, Tensor]) -> str:
    """Return what stands before the encoder's own names: `bert.`, `roberta.` or nothing."""
    first = "embeddings.word_embeddings.weight"
    return next((name.removesuffix(first) for name in tensors if name.endswith(first)), "")


@dataclass(frozen=True, slots=True)
class _EncoderGraph:
    graph: GraphBuilder
    encoder: Encoder
    prefix: str

    def token_vectors(self) -> str:
        """Return the vectors of all tokens, shape (texts, tokens, hidden)."""
        bias = self._attention_bias()
        state = self._embed()
        for layer in range(self.encoder.layers):
            name = f"encoder.layer.{layer}"
            attended = self._attend(f"{name}.attention", state, bias)
            state = self._add_and_norm(attended, state, f"{name}.attention.output.LayerNorm")
            fed = self._feed_forward(name, state)
            state = self._add_and_norm(fed, state, f"{name}.output.LayerNorm")
        return state

    def _weight(self, name: str, *shape: int) -> str:
        return self.graph.weight(self.prefix + name, *shape)

    def _linear(self, value: str, name: str, inputs: int, outputs: int) -> str:
        return _linear(self.graph, value, self.prefix + name, inputs, outputs)

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
        """Return what a token gets for its position and for its type, which is always 0; shape (tokens, hidden)."""
        graph, encoder = self.graph, self.encoder
        table = self._weight("embeddings.position_embeddings.weight", encoder.positions, encoder.hidden)
        types = self._weight("embeddings.token_type_embeddings.weight", encoder.token_types, encoder.hidden)
        with_type = graph.node("Add", table, graph.node("Gather", types, graph.integers(0), axis=0))
        length = graph.node("Gather", graph.node("Shape", INPUT_IDS), graph.integers(1), axis=0)
        first = graph.integers(encoder.first_position)
        return graph.node("Slice", with_type, first, graph.node("Add", length, first), graph.integers(0))

    def _attention_bias(self) -> str:
        """Return what is added to scores, shape (texts, 1, 1, tokens): 0 for text, `_MASKED` for padding."""
        padding = self.graph.node("Sub", self.graph.number(1), _float_mask(self.graph))
        bias = self.graph.node("Mul", padding, self.graph.number(_MASKED))
        return self.graph.node("Unsqueeze", bias, self.graph.integers(1, 2))

    def _attend(self, name: str, state: str, bias: str) -> str:
        graph, hidden = self.graph, self.encoder.hidden
        query = self._heads(f"{name}.self.query", state, [0, 2, 1, 3])
        key = self._heads(f"{name}.self.key", state, [0, 2, 3, 1])
        value = self._heads(f"{name}.self.value", state, [0, 2, 1, 3])
        scores = graph.node("Div", graph.node("MatMul", query, key), graph.number(math.sqrt(self._head_width)))
        shares = graph.node("Softmax", graph.node("Add", scores, bias), axis=-1)
        by_token = graph.node("Transpose", graph.node("MatMul", shares, value), perm=[0, 2, 1, 3])
        context = graph.node("Reshape", by_token, graph.integers(0, 0, hidden))
        return self._linear(context, f"{name}.output.dense", hidden, hidden)

    @property
    def _head_width(self) -> int:
        return self.encoder.hidden // self.encoder.heads

    def _heads(self, name: str, state: str, order: list[int]) -> str:
        """Project, and split into heads; `order` arranges (texts, tokens, heads, width)."""
        projected = self._linear(state, name, self.encoder.hidden, self.encoder.hidden)
        shape = self.graph.integers(0, 0, self.encoder.heads, self._head_width)
        return self.graph.node("Transpose", self.graph.node("Reshape", projected, shape), perm=order)

    def _feed_forward(self, name: str, state: str) -> str:
        hidden, intermediate = self.encoder.hidden, self.encoder.intermediate
        wide = self._linear(state, f"{name}.intermediate.dense", hidden, intermediate)
        active = _activate(self.graph, wide, self.encoder.activation)
        return self._linear(active, f"{name}.output.dense", intermediate, hidden)


def _linear(graph: GraphBuilder, value: str, name: str, inputs: int, outputs: int, *, bias: bool = True) -> str:
    """Apply a linear layer; torch keeps its matrix as (outputs, inputs)."""
    matrix = graph.node("Transpose", graph.weight(f"{name}.weight", outputs, inputs), perm=[1, 0])
    product = graph.node("MatMul", value, matrix)
    return graph.node("Add", product, graph.weight(f"{name}.bias", outputs)) if bias else product


def _float_mask(graph: GraphBuilder) -> str:
    return graph.node("Cast", ATTENTION_MASK, to=TensorProto.FLOAT)


def _activate(graph: GraphBuilder, value: str, activation: Activation) -> str:
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


def _pool(graph: GraphBuilder, tokens: str, pooling: Pooling) -> str:
    """Return one vector a text, shape (texts, hidden)."""
    if pooling is Pooling.CLS:
        return graph.node("Gather", tokens, graph.integer(0), axis=1)
    mask = graph.node("Unsqueeze", _float_mask(graph), graph.integers(2))
    total = graph.node("ReduceSum", graph.node("Mul", tokens, mask), graph.integers(1), keepdims=0)
    return graph.node("Div", total, graph.node("ReduceSum", mask, graph.integers(1), keepdims=0))


def _project(graph: GraphBuilder, vectors: str, layer: DenseLayer) -> str:
    name = f"{layer.folder}/linear"
    projected = _linear(graph, vectors, name, layer.inputs, layer.outputs, bias=layer.bias)
    return _activate(graph, projected, layer.activation)


def _normalise(graph: GraphBuilder, vectors: str) -> str:
    norm = graph.node("ReduceL2", vectors, axes=[-1], keepdims=1)
    return graph.node("Div", vectors, graph.node("Max", norm, graph.number(_LEAST_NORM)), output=EMBEDDING)
