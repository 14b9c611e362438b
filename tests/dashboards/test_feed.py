"""What readers are told: everything once, from wherever they were, and encoded once for all."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import synapse_rx as sx
from synapse_rx.dashboards.feed import Feed
from tests.dashboards.form import checked
from tests.nets import blobs, small_net


def told(feed: Feed, known: str | None = None) -> tuple[str, dict[str, Any]]:
    """
    Return what the only network of a feed has to tell, and the word for it.
    """
    message = feed.message(feed.position(known))
    (net,) = checked(json.loads(message.data))["nets"]
    return message.position.word(), net


def test_a_reader_who_comes_back_gets_every_epoch_once() -> None:
    net = sx.atom(small_net())
    word, seen = None, []
    with Feed(net) as feed:
        for epochs in (2, 1, 4):
            sx.deref(sx.train(net, blobs(), epochs))
            word, said = told(feed, word)
            seen += said["curves"]["loss"]["values"]

    assert seen == list(net.value.training.stats.loss)


def test_a_reader_from_the_beginning_gets_all_curves_and_the_description() -> None:
    net = sx.atom(small_net())
    sx.deref(sx.train(net, blobs(33, nvalid=10), 3))

    with Feed(net) as feed:
        _, said = told(feed)

    stats = net.value.training.stats
    assert said["reset"] is True
    assert said["epochs"] == 3 and said["status"] == "done"
    assert said["curves"]["validation misclassification"] == {
        "epochs": [1, 2, 3],
        "values": list(stats.validation["misclassification"]),
    }
    assert said["description"]["algorithm"] == "backprop"
    assert [layer["parameters"] for layer in said["description"]["layers"]] == [16, 10]


def test_nothing_is_described_again_until_it_changes() -> None:
    net = sx.atom(small_net())
    sx.deref(sx.train(net, blobs(), 1))  # which tells it the labels
    with Feed(net) as feed:
        word, _ = told(feed)
        sx.deref(sx.train(net, blobs(), 1))
        word, without = told(feed, word)
        net.swap(sx.with_learning_rate, 0.5)
        word, with_it = told(feed, word)

    assert "description" not in without
    assert with_it["description"]["controls"][0]["value"] == 0.5


def test_a_network_that_is_taken_back_is_told_from_the_beginning() -> None:
    net = sx.atom(small_net())
    history = sx.History(net)
    with Feed(net) as feed, history:
        sx.deref(sx.train(net, blobs(), 3))
        word, _ = told(feed)
        history.undo(2)
        sx.deref(sx.train(net, blobs(), 4))
        _, said = told(feed, word)

    assert said["reset"] is True
    assert said["curves"]["loss"]["values"] == list(net.value.training.stats.loss)


def test_a_network_that_is_let_go_is_not_told_of() -> None:
    nets = [sx.atom(small_net(seed=seed)) for seed in range(2)]
    with Feed(nets) as feed:
        feed.detach(nets[0])
        message = feed.message(feed.position(None))

    assert [said["name"] for said in json.loads(message.data)["nets"]] == ["net 2"]


def test_readers_who_know_the_same_get_the_very_same_bytes() -> None:
    net = sx.atom(small_net())
    with Feed(net) as feed:
        one, other = (feed.message(feed.position(None)) for _ in range(2))
        net.swap(sx.with_learning_rate, 0.5)
        later = feed.message(feed.position(None))

    assert one is other
    assert later is not one


def test_what_is_not_finite_is_told_as_null() -> None:
    net = sx.atom(small_net("rprop"))  # it has no learning rate
    with Feed(net) as feed:
        sx.deref(sx.train(net, blobs(), 1))
        _, said = told(feed)

    assert said["curves"]["learning_rate"] == {"epochs": [1], "values": [None]}


async def test_a_change_on_another_thread_wakes_who_listens() -> None:
    net = sx.atom(small_net())
    with Feed(net) as feed, feed.listening() as news:
        thread = threading.Thread(target=net.swap, args=(sx.with_learning_rate, 0.5))
        thread.start()
        await asyncio.wait_for(news.wait(), 60)
        thread.join()


def test_a_loop_that_was_closed_while_somebody_listened_harms_nothing() -> None:
    net = sx.atom(small_net())
    feed = Feed(net)
    loop = asyncio.new_event_loop()

    async def listen() -> Any:
        context = feed.listening()
        context.__enter__()
        return context

    kept = loop.run_until_complete(listen())
    loop.close()
    net.swap(sx.with_learning_rate, 0.5)
    net.swap(sx.with_learning_rate, 0.6)

    assert feed.nets == (net,)
    assert kept is not None
    feed.close()
