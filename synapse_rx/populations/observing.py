"""An Rx observer of a population: told on the threads that publish, one news at a time."""

from __future__ import annotations

from reactivex import abc as rx

from ..subscribers import News
from .ear import Ear


class Observing(rx.DisposableBase):
    """
    One subscription: passes on what is in the mailbox, on the thread that put it there.

    While one thread passes on, the mailbox has nobody to wake; so no two threads ever call the observer at once, and
    none waits for another. What comes meanwhile is told by the one that is at it.
    """

    def __init__(self, ear: Ear, observer: rx.ObserverBase[News]) -> None:
        self._ear = ear
        self._observer: rx.ObserverBase[News] | None = observer

    def pass_on(self) -> None:
        """Tell the observer all there is; one that raises is told nothing more."""
        mailbox = self._ear.mailbox
        try:
            while (observer := self._observer) is not None:
                news = mailbox.take(self.pass_on)
                if news is None:
                    return
                observer.on_next(news)
        except Exception as error:
            error.add_note("the observer was detached from the population, others go on")
            self.dispose()
            raise
        except BaseException:  # the rest is told with the next news
            mailbox.rest(self.pass_on)
            raise

    def dispose(self) -> None:
        """Hear nothing more."""
        self._observer = None
        self._ear.close()

    def complete(self) -> None:
        """Tell the observer that nothing more will come."""
        observer, self._observer = self._observer, None
        self._ear.close()
        if observer is not None:
            observer.on_completed()
