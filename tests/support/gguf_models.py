"""Models in GGUF, as Ollama and llama-server load them: a real one that embeds, and a tiny one that babbles."""

import json
from pathlib import Path

import numpy as np
from gguf import (
    MODEL_ARCH,
    GGMLQuantizationType,
    GGUFWriter,
    LlamaFileType,
    PoolingType,
    TokenType,
    get_tensor_name_map,
)
from numpy.typing import NDArray
from safetensors.numpy import load_file

from kubelore.embedding.model_location import locate_model

_WORD_START = "\u2581"
_MATRIX = 2

_CHAT_WIDTH = 64
_CHAT_FEED_FORWARD = 128
_CHAT_CONTEXT = 2048
_CONTROL_TOKENS = ("<unk>", "<s>", "</s>")
_LETTERS = ("a", "e", "i", "k", "l", "n", "o", "r", "t", f"{_WORD_START}ba", f"{_WORD_START}lu")
_TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"


def write_minilm(path: Path) -> Path:
    """Write the installed all-MiniLM-L6-v2, its matrices as float16, and return the path."""
    folder = locate_model(None).folder
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    writer = GGUFWriter(path, "bert")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(value=False)
    writer.add_pooling_type(PoolingType.MEAN)
    writer.add_file_type(LlamaFileType.MOSTLY_F16)
    _add_bert_vocabulary(writer, (folder / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n"))
    names = get_tensor_name_map(MODEL_ARCH.BERT, config["num_hidden_layers"])
    for name, values in load_file(folder / "model.safetensors").items():
        own_name = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if own_name is not None and not name.startswith("pooler."):
            _add(writer, own_name, values, halve=own_name.startswith("blk.") or own_name == "token_embd.weight")
    return _written(writer, path)


def _add_bert_vocabulary(writer: GGUFWriter, words: list[str]) -> None:
    writer.add_tokenizer_model("bert")
    writer.add_token_list([_as_llama_cpp_writes(word) for word in words])
    writer.add_token_types([TokenType.CONTROL if _is_control(word) else TokenType.NORMAL for word in words])
    writer.add_token_type_count(2)
    writer.add_bos_token_id(words.index("[CLS]"))
    writer.add_sep_token_id(words.index("[SEP]"))
    writer.add_unk_token_id(words.index("[UNK]"))
    writer.add_pad_token_id(words.index("[PAD]"))
    writer.add_mask_token_id(words.index("[MASK]"))


def _is_control(word: str) -> bool:
    return word.startswith("[") and word.endswith("]") and len(word) > len("[]")


def _as_llama_cpp_writes(word: str) -> str:
    """Mark words that start, rather than words that go on."""
    if _is_control(word):
        return word
    return word.removeprefix("##") if word.startswith("##") else _WORD_START + word


def write_tiny_chat(path: Path) -> Path:
    """Write a llama of one layer with random weights, which answers every chat with syllables, and return the path."""
    writer = GGUFWriter(path, "llama")
    writer.add_context_length(_CHAT_CONTEXT)
    writer.add_embedding_length(_CHAT_WIDTH)
    writer.add_feed_forward_length(_CHAT_FEED_FORWARD)
    writer.add_block_count(1)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_rope_dimension_count(_CHAT_WIDTH // 2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(LlamaFileType.ALL_F32)
    writer.add_chat_template(_TEMPLATE)
    tokens = (*_CONTROL_TOKENS, *(f"<0x{byte:02X}>" for byte in range(256)), *_LETTERS)
    _add_llama_vocabulary(writer, tokens)
    for name, values in _chat_tensors(len(tokens)).items():
        _add(writer, name, values)
    return _written(writer, path)


def _add_llama_vocabulary(writer: GGUFWriter, tokens: tuple[str, ...]) -> None:
    types = [TokenType.BYTE if token.startswith("<0x") else TokenType.NORMAL for token in tokens]
    types[: len(_CONTROL_TOKENS)] = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(list(tokens))
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(types)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)


def _chat_tensors(tokens: int) -> dict[str, NDArray[np.float32]]:
    """Make weights by whose first feature only letters are ever said: no broken UTF-8, and no early end."""
    random = np.random.default_rng(5)

    def matrix(rows: int, columns: int) -> NDArray[np.float32]:
        return (random.normal(size=(rows, columns)) / 50).astype(np.float32)

    width, between = _CHAT_WIDTH, _CHAT_FEED_FORWARD
    embedding, output = matrix(tokens, width) * 50, matrix(tokens, width) * 50
    embedding[:, 0], output[:, 0] = 20, -10
    output[-len(_LETTERS) :, 0] = 10
    square = {f"blk.0.attn_{part}.weight": matrix(width, width) for part in ("q", "k", "v", "output")}
    norms = ("blk.0.attn_norm.weight", "blk.0.ffn_norm.weight", "output_norm.weight")
    return {
        "token_embd.weight": embedding,
        "output.weight": output,
        **{name: np.ones(width, np.float32) for name in norms},
        **square,
        "blk.0.ffn_gate.weight": matrix(between, width),
        "blk.0.ffn_up.weight": matrix(between, width),
        "blk.0.ffn_down.weight": matrix(width, between),
    }


def _add(writer: GGUFWriter, name: str, values: NDArray[np.float32], *, halve: bool = False) -> None:
    """Add a tensor; only matrices may be halved."""
    if halve and values.ndim == _MATRIX:
        writer.add_tensor(name, values.astype(np.float16), raw_dtype=GGMLQuantizationType.F16)
    else:
        writer.add_tensor(name, values.astype(np.float32), raw_dtype=GGMLQuantizationType.F32)


def _written(writer: GGUFWriter, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
