"""Commands of `portal-server`: each module adds its parser, which names its function."""
