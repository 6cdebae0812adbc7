"""What falls due in the order book, as a Dagster job of its own: it makes no table and waits for none."""

from dataclasses import asdict

import dagster as dg

from oms_ops.due import run_due
from oms_ops.store import open_book
from pipelines.run import Run


@dg.op(description="Expire holds, orders, authorizations and lots past their time; release what is due")
def everything_due(context: dg.OpExecutionContext, run: dg.ResourceParam[Run]) -> None:
    with open_book(run.settings.order_book_url) as book:
        done = run_due(book, run.settings, now=run.as_of)
    context.log.info(str(asdict(done)))
    if done.refused:
        raise dg.Failure(f"{len(done.refused)} orders refused", metadata={"refused": dict(done.refused)})


@dg.job(executor_def=dg.in_process_executor, description="Deadlines of the order book")
def due_job() -> None:
    everything_due()
