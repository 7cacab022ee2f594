import threading
import time

from anime_gen.serving.turns import FairLock


def test_those_who_wait_are_served_in_the_order_they_came():
    lock, served, waiting = FairLock(), [], []

    def visitor(number: int) -> None:
        with lock:
            served.append(number)

    with lock:
        for number in range(6):
            waiting.append(threading.Thread(target=visitor, args=(number,)))
            waiting[-1].start()
            while len(lock._waiting) <= number:
                time.sleep(0.001)
    for thread in waiting:
        thread.join(10)
    assert served == list(range(6))


def test_an_error_lets_the_next_one_in():
    lock = FairLock()
    try:
        with lock:
            raise ValueError
    except ValueError:
        pass
    with lock:
        pass


def test_one_at_a_time():
    lock, inside, most = FairLock(), [], []

    def visitor() -> None:
        for _ in range(50):
            with lock:
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.0001)
                inside.pop()

    threads = [threading.Thread(target=visitor) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert max(most) == 1
    assert len(most) == 200
