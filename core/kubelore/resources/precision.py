"""What models compute with."""

from enum import StrEnum


class Precision(StrEnum):
    """The numbers that a model of our own runtime computes with."""

    FP32 = "fp32"
    INT8 = "int8"
