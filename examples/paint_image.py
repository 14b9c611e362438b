"""
Paint an image by a perceptron: from the place of a pixel to its colour.

What to look at: a network with two inputs and three outputs learns one picture. Whenever an epoch is published, a watch
paints what the network would paint now; the last row of pixels is never shown to it.

    python examples/paint_image.py [picture.png]
"""

import sys

import numpy as np

import synapse_rx as sx

HEIGHT, WIDTH = 60, 90
EPOCHS = (1, 4, 20, 100)


def picture() -> np.ndarray:
    """Return an evening by the sea, (height, width, 3) in [0, 1]."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] / np.array([HEIGHT, WIDTH]).reshape(2, 1, 1)
    red, blue = np.array([0.98, 0.55, 0.25]), np.array([0.25, 0.3, 0.6])
    image = blue + (red - blue) * np.clip(y / 0.6, 0, 1)[..., None]
    sun = np.hypot((x - 0.3) * 1.5, y - 0.42) < 0.11
    image[sun] = [1.0, 0.93, 0.6]
    sea = y > 0.6
    image[sea] = np.array([0.12, 0.2, 0.42]) + 0.12 * (np.sin(60 * y * y + 8 * x) > 0.6)[sea, None]
    glitter = sea & (abs(x - 0.3) < 0.05 + 0.12 * (y - 0.6)) & (np.sin(90 * y) > 0)
    image[glitter] = [0.95, 0.75, 0.45]
    hill = y > 0.6 - 0.32 * np.exp(-((x - 0.85) ** 2) / 0.03)
    image[hill & (y <= 0.62)] = [0.1, 0.16, 0.14]
    return image.astype(np.float32)


def places() -> np.ndarray:
    """Return where each pixel is, (pixels, 2) in [-1, 1]."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    return np.column_stack([x.ravel(), y.ravel()]).astype(np.float32)


def draw(path: str, image: np.ndarray, painted: dict[int, np.ndarray]) -> None:
    """Draw the picture and what was painted after some epochs."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(painted) + 1, figsize=(11, 1.75), layout="constrained")
    names = ["the picture", *(f"{n} epoch{'s' if n > 1 else ''}" for n in painted)]
    for axis, name, colours in zip(axes, names, [image, *painted.values()], strict=True):
        axis.imshow(np.clip(colours, 0, 1))
        axis.set_title(name, fontsize=9)
        axis.set_axis_off()
    figure.savefig(path, dpi=80)
    print("drawn to", path)


def main() -> None:
    image, where = picture(), places()
    net = sx.mlp([2, 64, 64, 3], ["tanh", "tanh", "sigmoid"], sx.training("adam", learning_rate=0.01))
    painted: dict[int, np.ndarray] = {}

    @net.add_watch("paint")
    def paint(key, cell, old, new):
        epoch = new.training.stats.epochs
        if epoch in EPOCHS and epoch not in painted:
            painted[epoch] = sx.outputs(new, where).reshape(image.shape)
            error = np.square(painted[epoch] - image).mean() ** 0.5
            print(f"epoch {epoch}: colours are off by {error:.3f}")

    data = sx.training_set(where[:-WIDTH], image.reshape(-1, 3)[:-WIDTH], batch=50, shuffle="epoch")
    sx.train(net, data, [(70, {}), (30, {"learning_rate": 0.001})]).result()
    try:
        draw(sys.argv[1] if len(sys.argv) > 1 else "painted.png", image, painted)
    except ImportError:
        print("no picture without matplotlib")


if __name__ == "__main__":
    main()
