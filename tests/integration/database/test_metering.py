from datetime import timedelta

from kubelore.clock import precise_now
from kubelore_api.access.caller import Caller
from kubelore_api.database.database import Database
from kubelore_api.metering.meter import Consumer, Meter, Total
from kubelore_api.metering.use import Use

ANN = Caller("acme", subject="ann")
OTHER = Caller("Acme", subject="ann")
ANSWER = Use("handbook", prompt_tokens=11, completion_tokens=7)
UPLOAD = Use("", documents=1, uploaded_bytes=5_000_000_000)


async def test_what_was_used_is_summed_by_tenant_user_and_model(database: Database) -> None:
    meters = [Meter(database), Meter(database)]
    for meter in meters:
        meter.count(ANN, ANSWER)
        meter.count(ANN, ANSWER)
        meter.count(ANN, UPLOAD)
        meter.count(OTHER, ANSWER)
        await meter.write()
    moment = precise_now()
    since, until = moment - timedelta(hours=1), moment + timedelta(hours=1)
    report = list(await meters[0].report("acme", since, until))
    assert report == [
        (Consumer("acme", "ann", ""), Total(2, 0, 0, 2, 10_000_000_000)),
        (Consumer("acme", "ann", "handbook"), Total(4, 44, 28)),
    ]
    assert len(await meters[0].report(None, since, until)) == 3
    assert await meters[0].report("acme", until, until + timedelta(hours=1)) == []
