"""The demo: a server with made-up people, in a folder of its own that goes when it ends."""
