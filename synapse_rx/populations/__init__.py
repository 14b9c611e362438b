"""Many networks trained as one, with one stream of what happens to them."""

from .population import Population as Population
from .population import population as population
from .run import PopulationRun as PopulationRun
from .stream import NewsStream as NewsStream
