"""Words that BM25 leaves out: a list of our own, for Milvus Lite expands the built-in lists to nothing."""

_ENGLISH = """
a about above after again against all am an and any are as at be because been before being below between both but by
can could did do does doing down during each few for from further had has have having he her here hers herself him
himself his how i if in into is it its itself just me more most my myself no nor not now of off on once only or other
our ours ourselves out over own same she should so some such than that the their theirs them themselves then there
these they this those through to too under until up very was we were what when where which while who whom why will
with would you your yours yourself yourselves
"""

_CHINESE = """
的 了 和 是 在 我 有 就 不 人 都 一 一个 上 也 很 到 说 要 去 你 会 着 没有 看 好 自己 这 那 它 他 她 们 我们 你们 他们
与 及 或 而 且 但 但是 并 并且 以及 等 等等 之 其 于 以 为 对 对于 从 由 被 把 将 让 向 给 如果 因为 所以 因此 则 即 若
吗 呢 吧 啊 呀 哦 嗯 这个 那个 这些 那些 这里 那里 哪 哪里 哪个 哪些 什么 怎么 怎样 如何 为什么 多少 几 可以 能 能够
应该 需要 请 请问 时 时候 中 下 里 内 后 前 还 还是 又 再 才 只 只有 已 已经 正在 比 更 最 非常
"""

_PUNCTUATION = """
! " # $ % & ' ( ) * + , - . / : ; < = > ? @ [ \\ ] ^ _ ` { | } ~ -- --- ``` ** ## ### #### :: => -> …
， 。 、 ； ： ？ ！ “ ” ‘ ’ （ ） 【 】 《 》 〈 〉 「 」 『 』 — —— ～ · ￥
"""  # noqa: RUF001 - Chinese punctuation is what is meant

STOP_WORDS: tuple[str, ...] = tuple(sorted({*_ENGLISH.split(), *_CHINESE.split(), *_PUNCTUATION.split()}))
"""English and Chinese words, and punctuation, which the jieba tokenizer gives as words of their own."""
