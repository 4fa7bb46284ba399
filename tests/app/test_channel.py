import threading

import pytest

from app.channel import Channel, Finished


def test_items_come_in_order_and_then_the_end():
    channel: Channel[int] = Channel(10)
    for item in range(5):
        assert channel.put(item)
    channel.finish()
    assert list(channel) == [0, 1, 2, 3, 4]
    with pytest.raises(Finished):
        channel.get()


def test_a_full_channel_makes_the_producer_wait():
    channel: Channel[int] = Channel(2)
    done = []

    def produce() -> None:
        for item in range(6):
            channel.put(item)
            done.append(item)
        channel.finish()

    producer = threading.Thread(target=produce)
    producer.start()
    producer.join(timeout=0.1)
    assert producer.is_alive()
    assert done == [0, 1]
    assert list(channel) == [0, 1, 2, 3, 4, 5]
    producer.join()


def test_the_latest_wins_where_asked_for():
    channel: Channel[int] = Channel(1, latest_wins=True)
    for item in range(5):
        channel.put(item)
    assert channel.get() == 4


def test_cancelling_lets_a_waiting_producer_go():
    channel: Channel[int] = Channel(1)
    channel.put(1)
    answers: list[bool] = []
    producer = threading.Thread(target=lambda: answers.append(channel.put(2)))
    producer.start()
    channel.cancel()
    producer.join(timeout=5)
    assert answers == [False]
    with pytest.raises(Finished):
        channel.get()


def test_an_error_comes_after_the_items_before_it():
    channel: Channel[int] = Channel(3)
    channel.put(1)
    channel.finish(ValueError("broken"))
    assert channel.get() == 1
    with pytest.raises(ValueError, match="broken"):
        channel.get()


def test_waiting_has_an_end():
    with pytest.raises(TimeoutError):
        Channel(1).get(timeout=0.01)


def test_all_that_waits_at_once():
    channel: Channel[int] = Channel(3)
    channel.put(1)
    channel.put(2)
    assert channel.waiting() == [1, 2]
    assert channel.waiting() == []
