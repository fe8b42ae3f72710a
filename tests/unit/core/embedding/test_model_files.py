from collections.abc import Callable
from pathlib import Path

import pytest

from kubelore.embedding.model_files import Activation, DenseLayer, Pooling, read_model
from kubelore.errors import ErrorCode, KubeloreError
from support.tiny_model import MODULES, change_json, write_json, write_tiny_model

Change = Callable[[Path], None]


def _config(**changes: object) -> Change:
    return lambda folder: change_json(folder / "config.json", **changes)


def _pooling(**content: object) -> Change:
    return lambda folder: write_json(folder / "1_Pooling/config.json", content)


def _modules(*modules: dict[str, str]) -> Change:
    return lambda folder: write_json(folder / "modules.json", modules)


def _dense(**changes: object) -> Change:
    def change(folder: Path) -> None:
        write_json(folder / "modules.json", [*MODULES[:2], {"path": "2_Dense", "type": "models.Dense"}])
        write_json(folder / "2_Dense/config.json", {"in_features": 8, "out_features": 5, **changes})

    return change


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_config(model_type="distilbert"), "model_type distilbert"),
        (_config(model_type="mpnet"), "model_type mpnet"),
        (_config(model_type="modernbert"), "model_type modernbert"),
        (_config(auto_map={"AutoModel": "modeling.Model"}), "auto_map"),
        (_config(position_embedding_type="relative_key"), "position_embedding_type relative_key"),
        (_config(hidden_act="silu"), "hidden_act silu"),
        (_config(is_decoder=True), "a decoder"),
        (_pooling(pooling_mode="lasttoken"), "pooling lasttoken"),
        (_pooling(pooling_mode=["cls", "mean"]), "pooling cls and mean"),
        (_pooling(pooling_mode_mean_tokens=True, pooling_mode_max_tokens=True), "pooling mean and max"),
        (_pooling(pooling_mode="mean", include_prompt=False), "include_prompt"),
        (_modules(*MODULES, {"path": "3_LSTM", "type": "models.LSTM"}), "module LSTM"),
        (_modules(MODULES[1], MODULES[0]), "order Pooling, Transformer"),
        (_modules({"path": "0_Transformer", "type": "models.Transformer"}), "subfolder 0_Transformer"),
        (_dense(activation_function="torch.nn.modules.activation.ReLU"), "activation ReLU of module 2_Dense"),
        (_dense(use_residual=True), "residual of module 2_Dense"),
    ],
)
def test_what_cannot_be_built_is_refused_by_name(change: Change, named: str, tmp_path: Path) -> None:
    change(write_tiny_model(tmp_path))

    with pytest.raises(KubeloreError, match=named) as refusal:
        read_model(tmp_path)

    assert refusal.value.code is ErrorCode.MODEL_UNSUPPORTED
    assert str(tmp_path) in refusal.value.message


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    (write_tiny_model(tmp_path) / "config.json").unlink()

    with pytest.raises(KubeloreError, match=r"config\.json") as refusal:
        read_model(tmp_path)

    assert refusal.value.code is ErrorCode.MODEL_NOT_FOUND


@pytest.mark.parametrize(("content", "found"), [("{", "not JSON"), ('{"model_type": "bert"}', "vocab_size")])
def test_a_broken_configuration_is_named_with_what_is_wrong(content: str, found: str, tmp_path: Path) -> None:
    (write_tiny_model(tmp_path) / "config.json").write_text(content, encoding="utf-8")

    with pytest.raises(KubeloreError, match=found) as refusal:
        read_model(tmp_path)

    assert refusal.value.code is ErrorCode.MODEL_CORRUPT


@pytest.mark.parametrize(
    ("written", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, Pooling.CLS),
        ({"pooling_mode_mean_tokens": True}, Pooling.MEAN),
        ({"pooling_mode": "cls"}, Pooling.CLS),
        ({"pooling_mode": ["mean"]}, Pooling.MEAN),
        ({}, Pooling.MEAN),
    ],
)
def test_pooling_is_read_in_its_old_and_in_its_new_form(
    written: dict[str, object], pooling: Pooling, tmp_path: Path
) -> None:
    _pooling(**written)(write_tiny_model(tmp_path))

    assert read_model(tmp_path).pooling is pooling


def test_a_bare_encoder_is_pooled_by_mean(tmp_path: Path) -> None:
    (write_tiny_model(tmp_path) / "modules.json").unlink()

    assert read_model(tmp_path).pooling is Pooling.MEAN


def test_a_dense_layer_decides_the_dimension(tmp_path: Path) -> None:
    _dense()(write_tiny_model(tmp_path))

    model = read_model(tmp_path)

    assert model.dense == (DenseLayer("2_Dense", 8, 5, bias=True, activation=Activation.TANH),)
    assert model.dimension == 5


def test_the_token_limit_is_the_position_table_and_not_the_length_of_training(tmp_path: Path) -> None:
    write_json(write_tiny_model(tmp_path) / "sentence_bert_config.json", {"max_seq_length": 7})

    assert read_model(tmp_path).max_tokens == 16


def test_the_tokenizers_limit_caps_the_token_limit(tmp_path: Path) -> None:
    change_json(write_tiny_model(tmp_path) / "tokenizer_config.json", model_max_length=9)

    assert read_model(tmp_path).max_tokens == 9


def test_an_unlimited_tokenizer_leaves_the_position_table(tmp_path: Path) -> None:
    change_json(write_tiny_model(tmp_path) / "tokenizer_config.json", model_max_length=1e30)

    assert read_model(tmp_path).max_tokens == 16


def test_positions_of_roberta_start_after_its_padding_token(tmp_path: Path) -> None:
    _config(model_type="roberta", pad_token_id=1)(write_tiny_model(tmp_path))

    model = read_model(tmp_path)

    assert (model.encoder.first_position, model.max_tokens) == (2, 14)


def test_prompts_are_the_models_own(tmp_path: Path) -> None:
    prompts = {"query": "query: ", "document": None, "passage": "passage: "}
    write_json(write_tiny_model(tmp_path) / "config_sentence_transformers.json", {"prompts": prompts})

    model = read_model(tmp_path)

    assert (model.query_prompt, model.passage_prompt) == ("query: ", "passage: ")


def test_tokens_can_be_counted_with_a_tokenizer_and_a_configuration_alone(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path)
    for file in folder.rglob("*"):
        if file.is_file() and file.name not in {"config.json", "tokenizer.json"}:
            file.unlink()
    (folder / "1_Pooling/config.json").unlink()

    assert read_model(folder).max_tokens == 16
