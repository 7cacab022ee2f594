"""Filling a store from batches of work, over processes.

A worker reads, decodes, frames and hashes its batch, writes the pixels into their slots and journals the outcome; only
counts travel back. A picture that brings its process down is found by halving its batch, and becomes a reject.
"""

import hashlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from functools import partial
from multiprocessing.connection import wait as wait_for_sentinel
from pathlib import Path
from typing import Any

import numpy as np

from anime_gen.images.config import FacesConfig
from anime_gen.images.hashing import perceptual_hashes
from anime_gen.images.ledger import write_piece
from anime_gen.images.rejection import Reject
from anime_gen.images.sources.members import Picture, Work
from anime_gen.images.store import ShardWriter

logger = logging.getLogger(__name__)
Done = Callable[[int], object]  # told how many pictures were settled


def fill_batch(work: Work, config: FacesConfig, folder: Path) -> int:
    """Carry out one batch in this process; returns how many pictures it settled."""
    rows: list[dict[str, Any]] = []
    slots: list[int] = []
    pictures: list[np.ndarray] = []
    for slot, made in zip(work.slots, work.pictures(config), strict=True):
        if isinstance(made, Reject):
            rows.append(_reject_row(slot, made))
            continue
        rows.append(_picture_row(slot, made))
        slots.append(slot)
        pictures.append(made.pixels)
    ShardWriter(folder, config.resolution_px).write(slots, pictures)
    write_piece(folder, rows)
    return len(rows)


def _picture_row(slot: int, picture: Picture) -> dict[str, Any]:
    plain, mirrored = perceptual_hashes(picture.pixels)
    row = asdict(picture)
    pixels = np.ascontiguousarray(row.pop("pixels"))
    stored = hashlib.sha256(pixels.data).hexdigest()
    return {"slot": slot, "stored_sha256": stored, "phash": plain, "phash_mirrored": mirrored, **row}


def _reject_row(slot: int, reject: Reject) -> dict[str, Any]:
    return {"slot": slot, "reason": reject.reason, "detail": reject.detail, "sha256": reject.sha256}


def fill_store(works: Iterator[Work], config: FacesConfig, folder: Path, done: Done) -> None:
    """Carry out all batches, a process a core, at most a few batches ahead: memory does not grow with the source.

    With `engine: ray` on the cores of a cluster, which has to see source and folder under the same names.
    """
    if config.engine == "ray":
        works = _fill_by_ray(list(works), config, folder, done)
    if config.workers == 0:
        for work in works:
            done(fill_batch(work, config, folder))
        return
    workers = config.workers or available_cores()
    suspects: list[Work] = []
    exhausted = False
    while not exhausted:
        exhausted = _fill_until_crash(works, workers, config, folder, done, suspects)
    while suspects:
        work = suspects.pop()
        if _fill_until_crash(iter([work]), 1, config, folder, done, []):
            continue
        halves = work.halves()
        suspects.extend(halves)
        if not halves:
            write_piece(folder, [_reject_row(work.slots[0], work.crashed())])
            done(1)


def _fill_by_ray(works: list[Work], config: FacesConfig, folder: Path, done: Done) -> Iterator[Work]:
    """Carry out all batches there; those from the first on that brings its process down are left over."""
    from anime_gen.distributed import spread
    from anime_gen.distributed.launch import WorkerLostError

    settled = 0
    try:
        for count in spread(partial(fill_batch, config=config, folder=folder), works, "ray"):
            done(count)
            settled += 1
    except WorkerLostError as error:
        logger.warning("%s; this machine goes on alone and finds the picture that did it", error)
    return iter(works[settled:])


def _fill_until_crash(
    works: Iterator[Work], workers: int, config: FacesConfig, folder: Path, done: Done, suspects: list[Work]
) -> bool:
    """Run batches until there are no more (True) or a process dies (False; batches it may have had are suspects)."""
    running: dict[Future[int], Work] = {}
    # spawn, not fork: the caller may have threads (torch, MLflow) that a fork would freeze
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
        try:
            for work in works:
                running[_submit(pool, work, config, folder, suspects)] = work
                if len(running) >= 2 * workers + 1:
                    _collect(running, done, FIRST_COMPLETED)
            while running:
                _collect(running, done, FIRST_COMPLETED)
        except BrokenProcessPool:
            suspects.extend(work for future, work in running.items() if not _succeeded(future, done))
            return False
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return True


def _submit(
    pool: ProcessPoolExecutor, work: Work, config: FacesConfig, folder: Path, suspects: list[Work]
) -> Future[int]:
    try:
        return pool.submit(fill_batch, work, config, folder)
    except BrokenProcessPool:  # a process died since the last batch was handed out
        suspects.append(work)
        raise


def _succeeded(future: Future[int], done: Done) -> bool:
    if not future.done() or future.exception() is not None:
        return False
    done(future.result())
    return True


def _collect(running: dict[Future[int], Work], done: Done, until: str) -> None:
    finished, _ = wait(running, return_when=until)
    for future in finished:
        settled = future.result()
        del running[future]
        done(settled)


def available_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end_with_parent() -> None:
    """End this worker when its parent is killed (it would wait for work for ever); leave Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait_for_sentinel([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
