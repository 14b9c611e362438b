"""The live view in a real kernel: it follows a training while other cells run, and steers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anywidget", reason="anywidget is not installed")
nbformat: Any = pytest.importorskip("nbformat", reason="nbformat is not installed")
nbclient: Any = pytest.importorskip("nbclient", reason="nbclient is not installed")
ROOT = Path(__file__).resolve().parents[2]

CELLS = [
    """
import synapse_rx as sx
data = sx.load_training_set("digits", nvalid=200)
net = sx.mlp([64, 10], "softmax", sx.training("backprop", learning_rate=0.1))
sx.live(net)
""",
    "run = sx.train(net, data, 10**9)",
    "run.done()",  # ... for whoever made it return at once would have made it return too late
    """
view = sx.live(net)
snapshot = await run
view.flush(), snapshot.training.status, snapshot.training.algorithm.learning_rate
""",
]


@pytest.mark.slow
def test_a_training_is_shown_and_steered_below_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    client = nbclient.NotebookClient(notebook, timeout=100, kernel_name="python3")

    with client.setup_kernel():
        for number in range(3):
            client.execute_cell(notebook.cells[number], number)
        model = next(key for key, known in client.widget_state.items() if "nets" in known)
        for command in ({"command": "options", "options": {"learning_rate": 0.3}}, {"command": "stop"}):
            data = {"method": "custom", "content": {"id": 1, "command": command}}
            client.kc.shell_channel.send(client.kc.session.msg("comm_msg", {"comm_id": model, "data": data}))
        client.execute_cell(notebook.cells[3], 3)
        (shown,) = client.widget_state[model]["nets"]

    first, begun, going_on, last = (cell.outputs for cell in notebook.cells)
    assert {"application/vnd.jupyter.widget-view+json", "text/html"} <= set(first[-1].data)
    assert begun == []
    assert going_on[-1].data["text/plain"] == "False"
    assert last[-1].data["text/plain"] == "(True, 'stopped', 0.3)"
    assert shown["status"] == "stopped"
    assert "learning_rate 0.1 -> 0.3" in [event["text"] for event in shown["events"]]
