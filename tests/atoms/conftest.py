import sys
import threading
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def together() -> Callable[..., None]:
    """Run functions at once, each on a thread of its own; raise what one raised."""

    def run(*functions: Callable[[], object], timeout: float = 60) -> None:
        barrier = threading.Barrier(len(functions))
        errors: list[BaseException] = []

        def begin(f: Callable[[], object]) -> None:
            try:
                barrier.wait(timeout)
                f()
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=begin, args=(f,), daemon=True) for f in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout)
        if errors:
            raise errors[0]
        assert not any(thread.is_alive() for thread in threads), "a thread hangs"

    return run


@pytest.fixture
def restless() -> Iterator[None]:
    """Have the interpreter switch threads every 10 us."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)
