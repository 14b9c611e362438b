"""
Two networks trained at once in an async program that goes on living.

What to look at: the ticker keeps ticking while both train (nothing here blocks the event loop), one training is
awaited, the other one cancelled, and the cancelled network keeps the last snapshot it published.

    python examples/async_service.py
"""

import asyncio
import contextlib

import synapse_rx as sx


async def ticker(ticks: list[float]) -> None:
    """Live, as a web server would."""
    while True:
        ticks.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.01)


async def main() -> None:
    data = sx.load_training_set("digits")
    small = sx.mlp(
        [64, 30, 10], ["sigmoid", "softmax"], sx.training("backprop", learning_rate=0.5, momentum=0.9)
    )
    large = sx.mlp([64, 200, 10], ["relu", "softmax"], sx.training("adam"))
    ticks: list[float] = []
    clock = asyncio.create_task(ticker(ticks))

    forever = sx.train(large, data, 1_000_000)  # starts at once, returns at once
    snapshot = await sx.train(small, data, 30)
    print("small:", snapshot)

    forever.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await forever
    print("large:", large.value)
    print(
        "large keeps what it learnt:", f"{sx.evaluate(large, sx.load_test_set('digits')).accuracy:.3f} right"
    )

    clock.cancel()
    print("the event loop ticked", "all along" if len(ticks) > 5 else "too rarely")


if __name__ == "__main__":
    asyncio.run(main())
