"""Guarded threads: whatever their work raises is told, and the work goes on until it is done."""

import threading

from store.guarded_thread import GuardedThread


def test_work_that_raises_is_told_of_and_done_again_until_it_ends() -> None:
    told: list[tuple[str, str]] = []
    tries: list[int] = []

    def work() -> None:
        tries.append(len(tries))
        if len(tries) < 3:
            raise KeyError(f"try {len(tries)}")

    thread = GuardedThread("counts", work, lambda name, error: told.append((name, str(error))))
    thread.start()
    while thread.alive:
        threading.Event().wait(0.01)
    assert tries == [0, 1, 2]
    assert told == [("counts", "'try 1'"), ("counts", "'try 2'")]


def test_work_that_always_raises_ends_once_it_is_told_to() -> None:
    begun = threading.Event()

    def work() -> None:
        begun.set()
        raise ValueError("always")

    thread = GuardedThread("fails", work)
    thread.start()
    assert begun.wait(10)
    assert thread.alive
    thread.join(10)
    assert not thread.alive
