# A stand-in that takes vLLM's arguments.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}
COPY --chmod=755 fake_vllm.py /usr/local/bin/vllm
