"""Describes a BERT-like sentence encoder as an ONNX graph of standard operators."""

from collections.abc import Mapping

from kubelore.embedding.graph_names import ATTENTION_MASK, EMBEDDING, INPUT_IDS
from kubelore.embedding.model_files import DenseLayer, Pooling, SentenceModel
from kubelore.embedding.onnx_builder import GraphBuilder
from kubelore.embedding.onnx_encoder import (
    EncoderGraph,
    activate,
    attention_bias,
    checkpoint_prefix,
    float_mask,
    linear,
)
from kubelore.embedding.weights import Tensor, common_folder
from kubelore.resources.precision import Precision

_LEAST_NORM = 1e-12
"""What torch's `normalize` divides by at least."""


def build_graph(model: SentenceModel, tensors: Mapping[str, Tensor], precision: Precision = Precision.FP32) -> bytes:
    """Return the serialised graph; the files of `tensors` are named relative to their common folder.

    Inputs: `input_ids` and `attention_mask`, int64 of shape (texts, tokens). Output: `embedding`, float32 of shape
    (texts, dimension), L2-normalised rows.

    Raises KubeloreError MODEL_CORRUPT or MODEL_UNSUPPORTED.
    """
    graph = GraphBuilder(tensors, common_folder(tensors))
    prefix, bias = checkpoint_prefix(tensors), attention_bias(graph)
    encoder = EncoderGraph(graph, model.encoder, prefix, bias, precision=precision)
    vectors = _pool(graph, encoder, model.pooling)
    for layer in model.dense:
        vectors = _project(graph, vectors, layer)
    _normalise(graph, vectors)
    texts_and_tokens = ("texts", "tokens")
    return graph.serialise(
        inputs={INPUT_IDS: texts_and_tokens, ATTENTION_MASK: texts_and_tokens},
        outputs={EMBEDDING: ("texts", model.dimension)},
    )


def _pool(graph: GraphBuilder, encoder: EncoderGraph, pooling: Pooling) -> str:
    """Return one vector a text, shape (texts, hidden)."""
    if pooling is Pooling.CLS:
        return graph.node("Squeeze", encoder.first_token_vectors(), graph.integers(1))
    mask = graph.node("Unsqueeze", float_mask(graph), graph.integers(2))
    total = graph.node("ReduceSum", graph.node("Mul", encoder.token_vectors(), mask), graph.integers(1), keepdims=0)
    return graph.node("Div", total, graph.node("ReduceSum", mask, graph.integers(1), keepdims=0))


def _project(graph: GraphBuilder, vectors: str, layer: DenseLayer) -> str:
    name = f"{layer.folder}/linear"
    projected = linear(graph, vectors, name, layer.inputs, layer.outputs, bias=layer.bias)
    return activate(graph, projected, layer.activation)


def _normalise(graph: GraphBuilder, vectors: str) -> str:
    norm = graph.node("ReduceL2", vectors, axes=[-1], keepdims=1)
    return graph.node("Div", vectors, graph.node("Max", norm, graph.number(_LEAST_NORM)), output=EMBEDDING)
