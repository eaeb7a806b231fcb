"""The thin server: route, plain function, statement."""
