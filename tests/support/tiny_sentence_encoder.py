"""A sentence encoder of random weights and of an architecture that Kubelore builds no graph of."""

from pathlib import Path

from support.tiny_cross_encoder import POSITIONS, save_tokenizer

HIDDEN = 32


def write_tiny_mpnet(folder: Path) -> Path:
    """Write an MPNet as sentence-transformers saves it, and return its folder."""
    import torch  # noqa: PLC0415 - only when this model is made
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - as above
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer  # noqa: PLC0415 - as above
    from transformers import MPNetConfig, MPNetModel  # noqa: PLC0415 - as above

    torch.manual_seed(7)
    config = MPNetConfig(
        vocab_size=500,
        hidden_size=HIDDEN,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=POSITIONS,
        initializer_range=0.4,
    )
    bare = folder / "bare"
    MPNetModel(config).save_pretrained(bare)
    save_tokenizer(bare, POSITIONS - 2)
    encoder = Transformer(str(bare), max_seq_length=POSITIONS - 2)
    SentenceTransformer(modules=[encoder, Pooling(HIDDEN)]).save(str(folder / "model"))
    return folder / "model"
