"""Describes a BERT-like cross-encoder as an ONNX graph of standard operators."""

from collections.abc import Mapping

from kubelore.embedding.cross_encoder_files import CrossEncoderModel
from kubelore.embedding.graph_names import ATTENTION_MASK, INPUT_IDS, SCORE, SEGMENT_IDS
from kubelore.embedding.onnx_builder import GraphBuilder
from kubelore.embedding.onnx_encoder import EncoderGraph, attention_bias, checkpoint_prefix, linear
from kubelore.embedding.weights import Tensor, common_folder
from kubelore.resources.precision import Precision


def build_cross_encoder_graph(
    model: CrossEncoderModel, tensors: Mapping[str, Tensor], precision: Precision = Precision.FP32
) -> bytes:
    """Return the serialised graph; the files of `tensors` are named relative to their common folder.

    The head computes in 32 bits in any case.

    Inputs: `input_ids`, `attention_mask` and, of BERT, `token_type_ids`, int64 of shape (pairs, tokens). Output:
    `score`, float32 of shape (pairs), between 0 and 1.

    Raises KubeloreError MODEL_CORRUPT or MODEL_UNSUPPORTED.
    """
    graph = GraphBuilder(tensors, common_folder(tensors))
    prefix = checkpoint_prefix(tensors)
    encoder = EncoderGraph(
        graph, model.encoder, prefix, attention_bias(graph), segments=model.is_bert, precision=precision
    )
    first = graph.node("Squeeze", encoder.first_token_vectors(), graph.integers(1))
    logits = _head(graph, model, prefix, first)
    graph.node("Sigmoid", graph.node("Squeeze", logits, graph.integers(1)), output=SCORE)
    names = (INPUT_IDS, ATTENTION_MASK, *((SEGMENT_IDS,) if model.is_bert else ()))
    return graph.serialise(inputs=dict.fromkeys(names, ("pairs", "tokens")), outputs={SCORE: ("pairs",)})


def _head(graph: GraphBuilder, model: CrossEncoderModel, prefix: str, first: str) -> str:
    """Return the logits, shape (pairs, 1), of the first tokens' vectors."""
    hidden = model.encoder.hidden
    dense, out = (
        (f"{prefix}pooler.dense", "classifier") if model.is_bert else ("classifier.dense", "classifier.out_proj")
    )
    pooled = graph.node("Tanh", linear(graph, first, dense, hidden, hidden))
    return linear(graph, pooled, out, hidden, 1)
