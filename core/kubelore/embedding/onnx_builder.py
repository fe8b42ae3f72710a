"""Writes ONNX graphs whose weights stay in their safetensors files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from kubelore.embedding.weights import Tensor, read_values
from kubelore.errors import ErrorCode, KubeloreError

_OPSET = 17
"""The first operator set with LayerNormalization."""
RUNTIME_DOMAIN = "com.microsoft"
"""Operators that ONNX Runtime adds to the standard ones."""
_IR_VERSION = 8
"""The file format that belongs to it."""

_ELEMENT_TYPES = {"F32": TensorProto.FLOAT, "F16": TensorProto.FLOAT16, "BF16": TensorProto.BFLOAT16}


class GraphBuilder:
    """Collects nodes and initialisers; every value is known by its name.

    A weight is external data: a file, an offset and a length, taken from the safetensors header. So nothing is
    copied, and a model may be larger than the 2 GB that one protobuf message can hold.
    """

    def __init__(self, tensors: Mapping[str, Tensor], weights_folder: Path) -> None:
        """Take weights from `tensors`; their files are named relative to `weights_folder`."""
        self._tensors = tensors
        self._folder = weights_folder
        self._nodes: list[onnx.NodeProto] = []
        self._initialisers: dict[str, onnx.TensorProto] = {}

    def node(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add an operator and return the name of its result."""
        name = output or f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def number(self, value: float) -> str:
        """Add a float32 scalar."""
        return self._constant(f"number_{value}", np.float32(value))

    def integer(self, value: int) -> str:
        """Add an int64 scalar."""
        return self._constant(f"integer_{value}", np.int64(value))

    def integers(self, *values: int) -> str:
        """Add a list of int64: axes, a shape or bounds."""
        return self._constant(f"integers_{'_'.join(map(str, values))}", np.asarray(values, dtype=np.int64))

    def array(self, name: str, values: NDArray[Any]) -> str:
        """Add values that lie in the graph itself."""
        return self._constant(name, values)

    def weight(self, name: str, *shape: int) -> str:
        """Add a tensor that stays in its file, and return the name of its 32-bit value.

        Raises KubeloreError MODEL_CORRUPT if it isn't there in that shape, MODEL_UNSUPPORTED if it is no float.
        """
        tensor = self._tensor(name, shape)
        self._initialisers[name] = self._external(name, tensor)
        return name if tensor.dtype == "F32" else self.node("Cast", name, to=TensorProto.FLOAT)

    def weight_values(self, name: str, *shape: int) -> NDArray[np.float32]:
        """Read a tensor, for values that are worked out from it; raises as `weight` does."""
        return read_values(self._tensor(name, shape))

    def _tensor(self, name: str, shape: tuple[int, ...]) -> Tensor:
        tensor = self._tensors.get(name)
        if tensor is None:
            raise KubeloreError(ErrorCode.MODEL_CORRUPT, f"weights in {self._folder}", f"no tensor {name}")
        if tensor.shape != shape:
            found = f"tensor {name} has the shape {tensor.shape}, and should have {shape}"
            raise KubeloreError(ErrorCode.MODEL_CORRUPT, f"weights in {self._folder}", found)
        if tensor.dtype not in _ELEMENT_TYPES:
            found = f"tensor {name} of type {tensor.dtype}"
            raise KubeloreError(ErrorCode.MODEL_UNSUPPORTED, f"weights in {self._folder}", found)
        return tensor

    def serialise(self, inputs: Mapping[str, Sequence[str | int]], outputs: Mapping[str, Sequence[str | int]]) -> bytes:
        """Return the graph from its int64 inputs to its float32 outputs, each with its shape."""
        graph = helper.make_graph(
            self._nodes,
            "kubelore",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name, shape in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
            initializer=list(self._initialisers.values()),
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(RUNTIME_DOMAIN, 1)]
        model = helper.make_model(graph, ir_version=_IR_VERSION, opset_imports=opsets, producer_name="kubelore")
        return bytes(model.SerializeToString())

    def _constant(self, name: str, value: Any) -> str:
        self._initialisers.setdefault(name, numpy_helper.from_array(np.asarray(value), name))
        return name

    def _external(self, name: str, tensor: Tensor) -> onnx.TensorProto:
        proto = TensorProto(
            name=name, data_type=_ELEMENT_TYPES[tensor.dtype], dims=tensor.shape, data_location=TensorProto.EXTERNAL
        )
        location = tensor.file.relative_to(self._folder).as_posix()
        for key, value in {"location": location, "offset": tensor.offset, "length": tensor.length}.items():
            proto.external_data.add(key=key, value=str(value))
        return proto
