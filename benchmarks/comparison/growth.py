"""Whether time grows as the input does: how far each measurement lies from the straight line through the others.

A line through the others has two things in it that need no measuring: what starting takes, and what each further part
of the input takes. Work that grew faster than its input would lie above the line, at the ends most of all: a quadratic
part that is a tenth of the time at the largest of four sizes shows as about eight per cent at the smallest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Line(NamedTuple):
    """A straight line."""

    start: float
    slope: float

    def at(self, size: float) -> float:
        """Return its value at a size."""
        return self.start + self.slope * size


def fit(points: Sequence[tuple[float, float]]) -> Line:
    """Return the line through points (size, value) with the least squares of relative errors: short times count too."""
    weights = [1 / value**2 for _, value in points]
    total = sum(weights)
    size = sum(weight * x for weight, (x, _) in zip(weights, points, strict=True)) / total
    value = sum(weight * y for weight, (_, y) in zip(weights, points, strict=True)) / total
    spread = sum(weight * (x - size) ** 2 for weight, (x, _) in zip(weights, points, strict=True))
    both = sum(weight * (x - size) * (y - value) for weight, (x, y) in zip(weights, points, strict=True))
    slope = both / spread if spread else 0.0
    return Line(value - slope * size, slope)


def deviations(points: Sequence[tuple[float, float]]) -> list[float]:
    """Return how far each value lies from the line through the others, as a part of what that line says."""
    told = []
    for index, (size, value) in enumerate(points):
        expected = fit([*points[:index], *points[index + 1 :]]).at(size)
        told.append(value / expected - 1 if expected > 0 else float("inf"))
    return told
