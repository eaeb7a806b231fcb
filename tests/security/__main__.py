"""Print docs/promises.md."""

from tests.security.page import render_page

print(render_page(), end="")
