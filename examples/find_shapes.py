"""
Find shapes in images: boxes of a grid, as YOLOv2 does.

What to look at: made images with up to three squares, discs and crosses each, of two sizes, in noise. A small
convolutional network ends in `Boxes`; its loss makes the box that overlaps an object most responsible for it. What it
finds in images it never saw is compared with what is there, and drawn where matplotlib is installed.

    python examples/find_shapes.py [picture.png]
"""

import sys

import numpy as np

import synapse_rx as sx

SIZE, NAMES = 48, ("square", "disc", "cross")
BOXES = sx.Boxes(grid=(6, 6), anchors=((1.2, 1.2), (2.0, 2.0)), classes=len(NAMES))


def shape(kind: int, size: int) -> np.ndarray:
    """Return a picture of a shape, (size, size)."""
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    if kind == 0:
        return np.maximum(abs(rows), abs(columns)) < size / 2
    if kind == 1:
        return np.hypot(rows, columns) < size / 2
    return np.minimum(abs(rows), abs(columns)) < size / 8


def images(n: int, seed: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return n images and their objects: class, centre, width and height, as shares of the image."""
    rng = np.random.default_rng(seed)
    made, objects = rng.normal(0, 0.15, (n, 1, SIZE, SIZE)), []
    for image in made:
        there: list[list[float]] = []
        for _ in range(rng.integers(1, 4)):
            kind, size = int(rng.integers(3)), int(rng.choice([10, 16]))
            top, left = rng.integers(0, SIZE - size, 2)
            item = [kind, (left + size / 2) / SIZE, (top + size / 2) / SIZE, size / SIZE, size / SIZE]
            if there and sx.overlaps([item[1:]], np.array(there)[:, 1:]).max() > 0.05:
                continue
            image[0, top : top + size, left : left + size] += shape(kind, size)
            there.append(item)
        objects.append(np.array(there))
    return made.astype(np.float32), objects


def network(loss: sx.YoloLoss) -> sx.Atom[sx.Net]:
    """Return a network that halves 48 x 48 pixels thrice."""
    layers = [
        sx.Conv2D(16, 4, stride=2, padding=1, activation="leaky_relu"),
        sx.Conv2D(32, 4, stride=2, padding=1, activation="leaky_relu"),
        sx.Conv2D(48, 4, stride=2, padding=1, activation="leaky_relu"),
        sx.Conv2D(48, 3, padding=1, activation="leaky_relu"),
        sx.Conv2D(BOXES.channels, 1),
        BOXES,
    ]
    return sx.neural_net(
        [sx.Input((1, SIZE, SIZE)), *layers], sx.training("adam", loss=loss, learning_rate=0.003)
    )


def draw(path: str, pictures: np.ndarray, found: list[sx.Detections]) -> None:
    """Draw images with what was found in them."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    figure, axes = plt.subplots(2, 4, figsize=(11, 5.8), layout="constrained")
    for axis, image, objects in zip(axes.flat, pictures, found, strict=False):
        axis.imshow(image[0], cmap="gray_r", vmin=-0.5, vmax=1.2, extent=(0, 1, 1, 0))
        axis.set_axis_off()
        for box, score, kind in zip(objects.boxes, objects.scores, objects.classes, strict=True):
            x, y, width, height = box
            colour = f"C{kind}"
            corner = (x - width / 2, y - height / 2)
            axis.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=colour, linewidth=2))
            axis.text(*corner, f"{NAMES[kind]} {score:.2f}", color=colour, fontsize=9, va="bottom")
    figure.savefig(path, dpi=110)
    print("drawn to", path)


def main() -> None:
    loss = sx.YoloLoss(BOXES)
    pictures, objects = images(1000, seed=0)
    others, wanted = images(300, seed=1)
    net = network(loss)
    sx.train(net, sx.training_set(pictures, sx.box_targets(loss, objects), batch=25), 16).result()

    report = sx.detection_report(sx.detect(net, others, threshold=0.01), wanted)
    print(f"mean average precision {report.mean_average_precision:.3f}")
    found = sx.detect(net, others, threshold=0.4, overlap=0.3)
    sure = sx.detection_report(found, wanted)
    print(f"above a score of 0.4: precision {sure.precision:.3f}, recall {sure.recall:.3f}")
    try:
        full = sorted(range(len(wanted)), key=lambda k: -len(wanted[k]))[:8]
        draw(sys.argv[1] if len(sys.argv) > 1 else "shapes.png", others[full], [found[k] for k in full])
    except ImportError:
        print("no picture without matplotlib")


if __name__ == "__main__":
    main()
