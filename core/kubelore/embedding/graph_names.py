"""The names that a graph's builder and its runner agree on."""

from types import MappingProxyType

from kubelore.resources.precision import Precision

INPUT_IDS = "input_ids"
ATTENTION_MASK = "attention_mask"
SEGMENT_IDS = "token_type_ids"
EMBEDDING = "embedding"
SCORE = "score"

GRAPH_FILE = "kubelore.onnx"
"""The file of a graph that was built before."""

GRAPH_FILES = MappingProxyType({Precision.FP32: GRAPH_FILE, Precision.INT8: "kubelore-int8.onnx"})
"""Those of each precision."""
