"""Hypothesis drives an atom beside a sequential model of it."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from synapse_rx.atoms import atom
from synapse_rx.errors import ValidationError, WatchError

keys = st.sampled_from("abc")
numbers = st.integers(-5, 20)


class AtomAgainstModel(RuleBasedStateMachine):
    """The model: a list of the versions, and for each listener those it should have heard."""

    def __init__(self):
        super().__init__()
        self.atom = atom(0)
        self.value = 0
        self.limit = None
        self.watches: dict[str, str] = {}
        self.log: list[tuple] = []
        self.expected: list[tuple] = []
        self.subscriptions = []
        self.half: list[tuple] | None = None
        self.half_expected: list[tuple] = []

    def change(self, act, new):
        if self.limit is not None and new > self.limit:
            try:
                act()
            except ValidationError:
                return
            raise AssertionError("the validator let it pass")
        raising = [key for key, kind in self.watches.items() if kind == "raises"]
        versions = [(self.value, new)]
        if "swaps" in self.watches.values() and new % 2:
            versions.append((new, new - 1))
        try:
            act()
        except WatchError as error:
            assert len(error.exceptions) == len(raising) * len(versions) > 0
        else:
            assert not raising
        for old, new in versions:
            self.expected += [(key, old, new) for key in self.watches]
            for _, _, values in self.subscriptions:
                values.append(new)
            if self.half is not None and old // 2 != new // 2:
                self.half_expected.append((old // 2, new // 2))
        self.value = new

    @rule(n=numbers)
    def reset(self, n):
        self.change(lambda: self.atom.reset(n), n)

    @rule(n=numbers)
    def swap(self, n):
        new = self.value + n
        self.change(lambda: self.atom.swap(lambda v: v + n), new)

    @rule(n=numbers)
    def swap_vals(self, n):
        old = self.value

        def act():
            assert self.atom.swap_vals(lambda v, w: w, n) == (old, n)

        self.change(act, n)

    @rule(n=numbers)
    def compare_and_set(self, n):
        held = self.atom.value
        self.change(lambda: self.atom.compare_and_set(held, n), n)

    @rule(n=numbers)
    def compare_and_set_with_another(self, n):
        if self.limit is None or n <= self.limit:
            assert not self.atom.compare_and_set(object(), n)

    @precondition(lambda self: "swaps" not in self.watches.values())
    @rule(limit=st.none() | st.integers(5, 30))
    def set_validator(self, limit):
        try:
            self.atom.set_validator(None if limit is None else lambda v: v <= limit)
        except ValidationError:
            assert self.value > limit
        else:
            self.limit = limit

    @rule(key=keys, kind=st.sampled_from(["plain", "raises", "swaps"]))
    def add_watch(self, key, kind):
        if kind == "swaps" and "swaps" in self.watches.values():
            kind = "plain"

        def watch(key, cell, old, new):
            self.log.append((key, old, new))
            if kind == "raises":
                raise ValueError
            if kind == "swaps" and new % 2:
                cell.reset(new - 1)

        self.atom.add_watch(key, watch)
        self.watches[key] = kind

    @rule(key=keys)
    def remove_watch(self, key):
        self.atom.remove_watch(key)
        self.watches.pop(key, None)

    @rule()
    def subscribe(self):
        heard = []
        self.subscriptions.append((self.atom.subscribe(heard.append), heard, [self.value]))

    @precondition(lambda self: self.subscriptions)
    @rule()
    def dispose(self):
        subscription, heard, expected = self.subscriptions.pop(0)
        subscription.dispose()
        assert heard == expected

    @precondition(lambda self: self.half is None)
    @rule()
    def select(self):
        self.half = []
        self.half_expected = []
        half = self.atom.select(lambda v: v // 2)
        half.add_watch("half", lambda key, cell, old, new: self.half.append((old, new)))

    @invariant()
    def agrees(self):
        assert self.atom.value == self.value
        assert self.log == self.expected
        assert list(self.atom.watches) == list(self.watches)
        assert all(heard == expected for _, heard, expected in self.subscriptions)
        assert self.half is None or self.half == self.half_expected


TestAtomAgainstModel = AtomAgainstModel.TestCase
TestAtomAgainstModel.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
