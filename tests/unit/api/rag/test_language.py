import pytest

from kubelore_api.rag.language import Language, language_of


@pytest.mark.parametrize("text", ["如何在 Docker 中安装 RustFS", "年假有几天？", "Kubernetes 部署 upgrade"])
def test_chinese_characters_ask_for_a_chinese_answer(text: str) -> None:
    assert language_of(text) is Language.CHINESE


@pytest.mark.parametrize("text", ["How do I install it?", "", "¿Cómo se instala?", "日本語のインストール方法は?"])
def test_any_other_script_asks_for_an_english_answer(text: str) -> None:
    assert language_of(text) is Language.ENGLISH
