"""Tests; before all of them, a collector of rubbish that seldom runs.

A worker holds hundreds of thousands of live objects (the app, the schema, hypothesis), and going
through them at the usual threshold is a quarter of its time.
"""

import gc

gc.set_threshold(1_000_000, 20, 100)
