"""Cross-encoders of random weights, in the files that transformers writes: no published one can be had here."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import BpeTrainer

POSITIONS = 70
_HEADS_OF_FOUR = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
_TEXT = (
    "The office opens at nine in the morning and closes at six. Cats sleep sixteen hours a day. When does it open?",
    "公司每年有十五天年假，员工可以随时申请。办公室什么时候开门？",
)


@dataclass(frozen=True, slots=True)
class TinyCrossEncoder:
    """A cross-encoder that is small enough to be made in a test; `config` goes to transformers as it is."""

    name: str
    model_type: str = "bert"
    half_precision: bool = False
    config: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> Path:
        """Write it, and return the folder."""
        import torch  # noqa: PLC0415 - only when this model is made
        from transformers import AutoConfig, AutoModelForSequenceClassification  # noqa: PLC0415 - as above

        spread = {"vocab_size": 500, "max_position_embeddings": POSITIONS, "initializer_range": 0.4, "pad_token_id": 1}
        config = AutoConfig.for_model(self.model_type, **{**_HEADS_OF_FOUR, **spread, "num_labels": 1, **self.config})
        torch.manual_seed(7)
        model = AutoModelForSequenceClassification.from_config(config)
        (model.half() if self.half_precision else model).save_pretrained(folder)
        is_bert = self.model_type == "bert"
        longest = POSITIONS if is_bert else POSITIONS - 2
        save_tokenizer(folder, longest, with_types=is_bert)
        return folder


def save_tokenizer(folder: Path, longest: int, *, with_types: bool = False) -> None:
    """Write a tokenizer that knows a few words, into a model's folder; `with_types` as BERT's, else as RoBERTa's."""
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415 - only when a model is made

    PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer("<s> $A </s> $B:1 </s>:1" if with_types else "<s> $A </s> </s> $B </s>"),
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=longest,
        model_input_names=["input_ids", "attention_mask", *(["token_type_ids"] if with_types else [])],
    ).save_pretrained(folder)


def _tokenizer(pair: str) -> Tokenizer:
    tokenizer = Tokenizer(BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(_TEXT, BpeTrainer(vocab_size=500, special_tokens=special))
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", pair=pair, special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer
