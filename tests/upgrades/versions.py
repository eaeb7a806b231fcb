"""The code of two versions, each in a folder that a server's PYTHONPATH names."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory

ROOT = Path(__file__).parents[2]
PARTS = ("professional_portal.py", "server", "shared", "tui")
FURTHER_REVISION = "9999"
FURTHER_MIGRATION = '''"""Add what a version after this one might: a table, columns and an index."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    op.create_table(
        "trial",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
    )
    op.add_column("session", sa.Column("trial_id", sa.Uuid(), nullable=True))
    op.create_index("ix_session_trial_id", "session", ["trial_id"])
    for table in ("answer", "save", "document", "message"):
        column = sa.Column("trial", sa.String(), nullable=False, server_default="")
        op.add_column(table, column)


def downgrade() -> None:
    for table in ("answer", "save", "document", "message"):
        op.drop_column(table, "trial")
    op.drop_index("ix_session_trial_id", "session")
    op.drop_column("session", "trial_id")
    op.drop_table("trial")
'''


@dataclass(frozen=True)
class Version:
    """Code in a folder; `revision` is that of its schema."""

    name: str
    folder: Path

    @property
    def revision(self) -> str:
        """The newest revision that it knows."""
        return _head(self.folder)

    @property
    def settings(self) -> dict[str, str]:
        """Variables with which `portal-server` runs this code."""
        return {"PYTHONPATH": str(self.folder)}


def this_version() -> Version:
    """Return the code of this folder."""
    return Version("this code", ROOT)


def committed_version(commit: str, folder: Path) -> Version:
    """Write the code of a commit to a new folder; it runs with the libraries of this one."""
    folder.mkdir()
    archive = subprocess.run(
        ["git", "archive", commit, *PARTS], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    subprocess.run(["tar", "--extract", f"--directory={folder}"], input=archive.stdout, check=True)
    return Version(f"commit {commit}", folder)


def further_version(folder: Path) -> Version:
    """Copy this code to a new folder, and add a migration to it."""
    shutil.copytree(ROOT, folder, ignore=_ignore_others)
    migration = FURTHER_MIGRATION.format(revision=FURTHER_REVISION, before=_head(folder))
    versions = folder / "server/migrations/versions"
    (versions / f"{FURTHER_REVISION}_trial.py").write_text(migration)
    return Version("a further version", folder)


def _ignore_others(folder: str, names: list[str]) -> set[str]:
    """Name what is no part of the program, for copytree."""
    is_root = Path(folder) == ROOT
    return {name for name in names if name == "__pycache__" or (is_root and name not in PARTS)}


def _head(folder: Path) -> str:
    head = ScriptDirectory(str(folder / "server/migrations")).get_current_head()
    assert head is not None
    return head
