"""Scripts, REPLs, Ctrl-C and forks: each in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trainer.tools import LONG

ROOT = Path(__file__).parents[2]
BEGIN = """
import asyncio, os, sys, threading
import synapse_rx as sx
from tests.trainer.tools import ENDLESS, epochs, reach, some_data, some_epochs, some_net, xor, xor_net
"""
LIVE = "1 training(s) still running at exit were stopped"


def process(*args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *args],
        cwd=ROOT,
        # Nothing is compiled, which would take longer than all that is tried here.
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "TERM": "dumb", "SYNAPSE_RX_FAST": "0"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # The shell that runs the tests may have told its children to ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def run(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    child = process(*args, "-c", BEGIN + code)
    out, err = child.communicate(timeout=2 * LONG)
    return subprocess.CompletedProcess([], child.returncode, out, err)


def interrupt(code: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` and press Ctrl-C once it has printed "ready"."""
    child = process("-c", BEGIN + code)
    assert child.stdout is not None
    ready = child.stdout.readline()
    if ready.strip() != "ready":
        pytest.fail(child.communicate(timeout=LONG)[1])
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=2 * LONG)
    return subprocess.CompletedProcess([], child.returncode, out, err)


def test_a_script_that_forgets_to_wait_ends_cleanly_and_is_told() -> None:
    ended = run("net = some_net(); sx.train(net, some_data(), ENDLESS); some_epochs(net)")

    assert ended.returncode == 0
    assert LIVE in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_script_that_ends_at_once_ends_cleanly_too() -> None:
    ended = run("sx.train(some_net(), some_data(), ENDLESS)")

    assert (ended.returncode, ended.stdout) == (0, "")
    assert len(ended.stderr.splitlines()) == 1


def test_a_script_that_waits_is_told_nothing() -> None:
    ended = run("net = some_net(); print(epochs(sx.train(net, some_data(), 3).result()))")

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "3\n", "")


def test_an_exit_code_is_kept() -> None:
    assert run("sx.train(some_net(), some_data(), ENDLESS); sys.exit(7)").returncode == 7


def test_the_exit_ends_paused_queued_and_inline_trainings_as_well() -> None:
    ended = run(
        """
paused, busy = some_net(), some_net()
run = sx.train(paused, some_data(), ENDLESS)
run.pause()
sx.train(busy, some_data(), ENDLESS)
queued = sx.train(busy, some_data(), ENDLESS, if_running="queue")
sx.train(some_net(), some_data(), ENDLESS, executor="inline")
some_epochs(busy)
import atexit
"""
    )

    assert ended.returncode == 0
    assert ended.stderr.startswith("synapse_rx: 4 training(s)")
    assert len(ended.stderr.splitlines()) == 1


def test_the_exit_waits_a_moment_only() -> None:
    """A watch that never returns cannot keep the process."""
    ended = run(
        """
net = some_net()
arrived = threading.Event()
def never(key, atom, old, new):
    if epochs(new):
        arrived.set()
        threading.Event().wait()
net.add_watch("never", never)
sx.train(net, some_data(), ENDLESS)
arrived.wait()
"""
    )

    assert ended.returncode == 0
    assert LIVE in ended.stderr


def test_the_status_at_exit_is_stopped() -> None:
    ended = run(
        """
net = some_net()
net.add_watch("say", lambda key, atom, old, new: new.training.status == "stopped" and print("stopped"))
sx.train(net, some_data(), ENDLESS)
some_epochs(net)
"""
    )

    assert ended.stdout == "stopped\n"


def test_a_failed_run_that_nobody_asks_is_logged_at_the_latest_at_exit() -> None:
    ended = run(
        """
from tests.trainer.tools import diverging_net
net = diverging_net()
run = sx.train(net, some_data(), 5)
run.wait()
"""
    )

    assert ended.returncode == 0
    assert ended.stderr.startswith("<TrainingRun 0/5 epochs, failed>, and nobody asked why")
    assert "Diverged" in ended.stderr


def test_a_failed_run_that_somebody_asked_is_not_logged_at_exit() -> None:
    ended = run(
        """
from tests.trainer.tools import diverging_net
run = sx.train(diverging_net(), some_data(), 5)
print(type(run.exception()).__name__)
async def main():
    run = sx.train(diverging_net(), some_data(), 5)
    try: await run
    except ArithmeticError: print("seen")
    return run
kept = asyncio.run(main())
"""
    )

    assert (ended.stdout, ended.stderr) == ("Diverged\nseen\n", "")


def test_asyncio_run_that_returns_with_a_live_run_ends_quietly() -> None:
    ended = run(
        """
async def main():
    sx.train(some_net(), some_data(), ENDLESS)
    await asyncio.sleep(0)
asyncio.run(main())
"""
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_debug_mode_and_development_mode_have_nothing_to_say() -> None:
    ended = run(
        """
async def main():
    net = some_net()
    run = sx.train(net, some_data(), 3)
    async for snapshot in run: pass
    await run
    try: await asyncio.wait_for(sx.train(net, some_data(), ENDLESS), 0.01)
    except TimeoutError: print("timeout")
asyncio.run(main(), debug=True)
sx.train(some_net(), some_data(), 2).result()
""",
        "-X",
        "dev",
    )

    assert (ended.returncode, ended.stdout) == (0, "timeout\n")
    assert "never" not in ended.stderr
    assert "destroyed" not in ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_while_awaiting_stops_training_then_raises() -> None:
    ended = interrupt(
        """
net = some_net()
async def main():
    run = sx.train(net, some_data(), ENDLESS)
    async for snapshot in net.stream():
        if epochs(snapshot) == 2: break
        if epochs(snapshot) > 2: break
    print("ready", flush=True)
    try:
        await run
    finally:
        print(run.cancelled(), net.value.training.status, flush=True)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    before = net.value
    sx.train(some_net(), some_data(), 5).result()
    print("interrupted", net.value is before)
"""
    )

    assert ended.stdout.splitlines() == ["True cancelled", "interrupted True"]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_in_result_stops_the_waiting_only() -> None:
    ended = interrupt(
        """
net = some_net()
run = sx.train(net, some_data(), ENDLESS)
some_epochs(net)
try:
    print("ready", flush=True)
    run.result()
except KeyboardInterrupt:
    print("interrupted", run.done())
some_epochs(net)
run.stop()
print(run.result().training.status)
"""
    )

    assert ended.stdout.splitlines() == ["interrupted False", "stopped"]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_that_nobody_catches_ends_the_script() -> None:
    ended = interrupt(
        """
net = some_net()
run = sx.train(net, some_data(), ENDLESS)
some_epochs(net)
print("ready", flush=True)
run.result()
"""
    )

    assert ended.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in ended.stderr
    assert LIVE in ended.stderr


def test_in_a_plain_repl_train_returns_and_later_lines_see_progress() -> None:
    child = process("-i", "-q")
    lines = f"""
{BEGIN}
net = some_net()
run = sx.train(net, some_data(), ENDLESS)
run
some_epochs(net); print("learnt", epochs(net.value) >= 2)
run.done()
net.swap(sx.with_learning_rate, 0.01); some_epochs(net); print("goes on")
run.stop()
sx.deref(run) is net.value
run
exit()
"""
    out, err = child.communicate(lines, timeout=2 * LONG)

    shown = out.splitlines()
    assert child.returncode == 0, err
    assert shown[0].startswith("<TrainingRun ")
    assert "learnt True" in shown
    assert "goes on" in shown
    assert shown[-4].startswith("goes on") or "goes on" in shown
    assert shown[-3:-1] == ["True", "True"]
    assert shown[-1].endswith(", stopped>")
    assert "Traceback" not in err
    assert "still running" not in err


def test_in_the_asyncio_repl_await_works() -> None:
    child = process("-m", "asyncio")
    lines = """
import synapse_rx as sx
from tests.trainer.tools import epochs, some_data, some_net
net = some_net()
run = sx.train(net, some_data(), 3)
print("ended", epochs(await run), run.done())
exit()
"""
    out, err = child.communicate(lines, timeout=2 * LONG)

    assert child.returncode == 0, err
    assert "ended 3 True" in out, err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python warns of forks beside threads")
def test_a_forked_child_trains_on_its_own() -> None:
    ended = run(
        """
net = some_net()
run = sx.train(net, some_data(), ENDLESS, switch_interval=1e-3)
some_epochs(net)
run.pause()
child = os.fork()
if not child:
    other = some_net()
    ok = epochs(sx.train(other, some_data(), 2).result(60)) == 2 and not sx.stop_training(net)
    ok = ok and sys.getswitchinterval() == 0.005
    ok = ok and epochs(sx.train(net, some_data(), 1).result(60)) == epochs(net.value)
    os._exit(0 if ok else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
run.stop()
print(run.result().training.status)
"""
    )

    assert ended.stdout.splitlines() == ["0", "stopped"], ended.stderr
