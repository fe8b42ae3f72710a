from kubelore.clock import now
from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.generations import Step, first, next_step, shares_vectors, wanted_generation
from kubelore.jobs.spec import job_for_task
from kubelore.resources.precision import Precision
from support.builders import ingest_task, knowledge_base

IN_32_BITS = knowledge_base()
IN_8_BITS = knowledge_base(embedding={"builtin": "all-MiniLM-L6-v2", "precision": "int8"})


def test_another_precision_is_another_generation_whose_vectors_are_not_taken_over() -> None:
    built = first(IN_32_BITS)
    changed = IN_8_BITS.model_copy(update={"status": IN_8_BITS.status.model_copy(update={"generation": built})})

    step = next_step(changed, now())

    assert step.step is Step.BEGIN
    assert built.answering is not None
    assert not shares_vectors(built.answering, wanted_generation(changed))


def test_another_precision_makes_other_rows() -> None:
    in_32, in_8 = (
        job_for_task(IN_32_BITS, EmbedderConfig(precision=precision), ingest_task(), shards=1)
        for precision in (Precision.FP32, Precision.INT8)
    )

    assert in_32.fingerprint != in_8.fingerprint
