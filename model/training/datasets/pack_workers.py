"""The work of packing, in this process or in several."""

import concurrent.futures
import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from model.errors import UserError
from model.training.datasets.item import BadSample
from model.training.datasets.pack_files import ShardWriter
from model.training.datasets.pack_job import Packing


def write_shard(
    job: Packing, shard: int, tick: Callable[[int], Any], stopped: Callable[[], bool]
) -> None:
    """Write one shard, unless stopped before it is whole.

    Args:
        tick: told how many numbers have been dealt with.
        stopped: whether to give up.
    """
    with ShardWriter(job.out, shard, job.view.spec.kind) as writer:
        for index in job.plan[shard]:
            if stopped():
                return
            for sample in job.source.samples(int(index)):
                if isinstance(sample, BadSample):
                    writer.leave_out(str(sample))
                else:
                    writer.add(int(index), *sample)
            tick(1)
        writer.finish()


# A worker's own; set when it starts.
_job: Packing
_ticks: Any
_stop: Any


def _begin(job: Packing, ticks: Any, stop: Any) -> None:
    """A worker process: one core, deaf to Ctrl-C, which the first process hears for all."""
    global _job, _ticks, _stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import cv2

    cv2.setNumThreads(1)
    _job, _ticks, _stop = job, ticks, stop


def _count(steps: int) -> None:
    with _ticks.get_lock():
        _ticks.value += steps


def _work(shard: int) -> None:
    write_shard(_job, shard, _count, _stop.is_set)


def in_processes(job: Packing, missing: list[int], workers: int, bar: Any) -> None:
    """Write shards in processes of their own, moving on a progress bar.

    Raises:
        UserError: where a process cannot work, or ended.
        KeyboardInterrupt: after Ctrl-C, once all processes have stopped.
    """
    context = multiprocessing.get_context("spawn")
    ticks, stop = context.Value("q", 0), context.Event()
    with _interrupts() as interrupts:
        pool = concurrent.futures.ProcessPoolExecutor(workers, context, _begin, (job, ticks, stop))
        try:
            with _handling(signal.SIG_IGN):  # children inherit it while they are still importing
                waiting = {pool.submit(_work, shard) for shard in missing}
            while waiting and not interrupts:
                done, waiting = concurrent.futures.wait(
                    waiting, 0.2, concurrent.futures.FIRST_EXCEPTION
                )
                bar.update(ticks.value - (bar.n - bar.initial))
                for future in done:
                    future.result()
        except BrokenProcessPool as error:
            raise UserError(
                "a process that packs ended suddenly (out of memory?): run the same command again, "
                "with fewer --workers"
            ) from error
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    if interrupts:
        raise KeyboardInterrupt


@contextlib.contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Note Ctrl-C instead of breaking off: an exception between any two lines could leave a lock
    taken that the processes wait for, for ever."""
    heard: list[int] = []
    with _handling(lambda number, _: heard.append(number)):
        yield heard


@contextlib.contextmanager
def _handling(handler: Any) -> Iterator[None]:
    try:
        before = signal.signal(signal.SIGINT, handler)
    except ValueError:  # not on the main thread, where Ctrl-C does not come anyway
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
