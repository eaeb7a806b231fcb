import pytest

for module in ("clients", "first_plan", "plan_in_force"):
    pytest.register_assert_rewrite(f"tests.tui.life.{module}")
