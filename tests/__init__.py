"""Test suite, with a higher threshold for the garbage collector.

A worker holds hundreds of thousands of live objects (the app, the schema, hypothesis), and scanning
them at the default threshold takes a quarter of its time.
"""

import gc

gc.set_threshold(1_000_000, 20, 100)
