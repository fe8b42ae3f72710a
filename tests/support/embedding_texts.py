"""Texts that an embedding model is tried on."""

import random

ENGLISH = (
    "The operator watches three resources and reconciles each of them until nothing is left to do. An object store "
    "keeps originals, records and chunks, so the vector index can be rebuilt without embedding anything again. What "
    "happens if a pod dies between two writes? Naïve façades don't survive; idempotent upserts (by primary key) do. "
    "kubectl apply -f examples/quickstart/*.yaml prints 3 lines in under 1.5 seconds."
)
CHINESE = (
    "知识库由对象存储和向量索引组成。每个文档都会被解析、切分、嵌入，然后写入数据库；如果某一步失败，系统会重试。"
    "如何在容器中安装并配置服务器？请先创建存储桶，再应用三个清单。查询时，问题会被转换成向量，并与所有片段比较。"
)
ODDITIES = (
    "",
    " \n\t ",
    "🚀",
    "Deploy 🚀 the 👩‍💻 gateway 🇨🇭 now",
    "?!…—“”",
    "a" * 300,
    "x\u0000y\u200bz",
    "ﬁnancial Ⅷ ½ ﷽",
    "\ufeffBOM first",
    "Смешанный текст, ελληνικά, עברית, العربية, ไทย, 한국어, 日本語",
)


def two_hundred_texts() -> list[str]:
    """Two hundred texts in two languages, from nothing at all to many times what the model reads."""
    choice = random.Random(20)  # noqa: S311 - reproducible texts
    lengths = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 8, 21, 34, 377, 3000]
    texts = list(ODDITIES)
    while len(texts) < 200:
        length = lengths[len(texts) % len(lengths)]
        english = " ".join(choice.choices(ENGLISH.split(), k=length))
        chinese = "".join(choice.choices(CHINESE, k=length))
        texts.append((english, chinese, f"{english[: 4 * length]} {chinese}")[len(texts) % 3])
    return texts
