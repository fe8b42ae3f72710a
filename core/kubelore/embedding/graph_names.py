"""The names that a graph's builder and its runner agree on."""

INPUT_IDS = "input_ids"
ATTENTION_MASK = "attention_mask"
SEGMENT_IDS = "token_type_ids"
EMBEDDING = "embedding"
SCORE = "score"

GRAPH_FILE = "kubelore.onnx"
"""The file of a graph that was built before."""
