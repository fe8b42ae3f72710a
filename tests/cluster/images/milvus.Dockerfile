# Milvus Lite's server, with the tokenizer that its Chinese analyzer needs.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}
RUN python3 -m venv /opt/milvus && \
    /opt/milvus/bin/pip install --no-cache-dir milvus-lite==3.2.2 pymilvus==3.0.2 jieba==0.42.1
USER 65532:65532
ENTRYPOINT ["/opt/milvus/bin/milvus-lite", "server"]
