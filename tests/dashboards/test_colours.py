"""The colours of curves: seen before their background, and told apart whoever looks."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest

PAGE = files("synapse_rx.dashboards") / "page"

SIGHTS = {
    "all colours": np.eye(3),
    # Machado, Oliveira & Fernandes, 2009, table 1, severity 1.0
    "no red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    ),
    "no blue": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]
    ),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def linear(colour: str) -> np.ndarray:
    """
    Return red, green and blue as amounts of light (IEC 61966-2-1).
    """
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """
    Return CIELAB, in which a distance of 1 is just seen.
    """
    ratio = TO_XYZ @ np.clip(light, 0, 1) / WHITE
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def colours(sheet: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", (PAGE / sheet).read_text("utf-8")))


@pytest.mark.parametrize("sheet", ["style.css", "dark.css"])
def test_curves_are_told_apart_by_everybody(sheet: str) -> None:
    known = colours(sheet)
    curves = [known[name] for name in ("one", "two", "three", "four", "five", "six")]

    for sight in SIGHTS.values():
        seen = [lab(sight @ linear(colour)) for colour in curves]
        assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 20


@pytest.mark.parametrize("sheet", ["style.css", "dark.css"])
def test_curves_stand_out_from_what_they_are_drawn_on(sheet: str) -> None:
    known = colours(sheet)
    ground = TO_XYZ[1] @ linear(known["inset"])

    for name in ("one", "two", "three", "four", "five", "six"):
        light, dark = sorted([TO_XYZ[1] @ linear(known[name]), ground], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3  # WCAG 2.2, 1.4.11
