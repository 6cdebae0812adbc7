"""The alerts' track record, as a Dagster job of its own: minutes of work that only a week makes stale."""

import dagster as dg

from pipelines import alert_scoring
from pipelines.run import Run


@dg.op(description="Walk half a year of Monday mornings again and keep how the alerts did")
def alerts_scored(context: dg.OpExecutionContext, run: dg.ResourceParam[Run]) -> None:
    records = alert_scoring.measure(
        run.settings,
        as_of=run.as_of,
        weeks=alert_scoring.WEEKS,
        stocks=alert_scoring.STOCKS,
        progress=run.say,
    )
    alert_scoring.keep(run.settings, records, as_of=run.as_of)
    context.log.info(str([score.row() for record in records for score in record.scores]))


@dg.job(executor_def=dg.in_process_executor, description="How restock alerts have done so far")
def alert_score_job() -> None:
    alerts_scored()
