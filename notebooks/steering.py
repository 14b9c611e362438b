import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium")


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # Steering a training

    A network lives in a cell; whoever swaps an edited snapshot into that cell steers its training, which takes the
    edit over within a twentieth of a second. Start a training, watch it below, and move the knobs.
    """)
    return


@app.cell
def _():
    import marimo as mo

    import synapse_rx as sx

    return mo, sx


@app.cell
def _(sx):
    data = sx.load_training_set("digits", nvalid=200)
    net = sx.mlp([64, 100, 10], ["sigmoid", "softmax"], sx.training("backprop", learning_rate=0.02))
    return data, net


@app.cell(hide_code=True)
def _(mo):
    epochs = mo.ui.slider(1000, 50_000, step=1000, value=10_000, label="epochs", show_value=True)
    start = mo.ui.run_button(label="Train")
    stop = mo.ui.run_button(label="Stop")
    mo.hstack([epochs, start, stop], justify="start")
    return epochs, start, stop


@app.cell
def _(data, epochs, net, start, sx):
    # Returns at once; training again goes on from where the network stands.
    run = sx.train(net, data, epochs.value, if_running="replace") if start.value else None
    return (run,)


@app.cell
def _(net, stop, sx):
    stopped = sx.stop_training(net) if stop.value else False
    return (stopped,)


@app.cell
def _(net, sx):
    # Drawn anew while the network trains, though no cell runs.
    view = sx.live(net, read_only=True)
    view
    return (view,)


@app.cell(hide_code=True)
def _(mo):
    rate = mo.ui.slider(
        steps=[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0], value=0.02, label="learning rate", show_value=True
    )
    momentum = mo.ui.slider(0, 0.95, step=0.05, value=0, label="momentum", show_value=True)
    frozen = mo.ui.checkbox(label="freeze the first layer")
    mo.hstack([rate, momentum, frozen], justify="start")
    return frozen, momentum, rate


@app.cell
def _(frozen, momentum, net, rate, sx):
    # Runs when one of the three is moved: a swap is all there is to steering.
    net.swap(sx.with_options, learning_rate=rate.value, momentum=momentum.value)
    _ = net.swap(sx.freeze if frozen.value else sx.unfreeze, 0)
    return


@app.cell(hide_code=True)
def _(mo):
    look = mo.ui.refresh(options=["1s", "5s"], label="look again")
    look
    return (look,)


@app.cell
def _(look, mo, net, sx):
    look  # runs again when the clock says so
    result = sx.evaluate(net, sx.load_test_set("digits"))
    epochs_so_far = net.value.training.stats.epochs
    mo.md(
        f"After {epochs_so_far} epochs **{result.accuracy:.1%}** of 360 digits that it never saw are right."
    )
    return (result,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    The same network can be watched and steered from anywhere else at the same time: by a view with knobs of its own
    (`sx.live(net)`), by the dashboard, by a rule in a watch. All of them are told of what any of them does.
    """)
    return


if __name__ == "__main__":
    app.run()
