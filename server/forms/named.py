"""The documents and work details that answers name by their ids."""

from collections.abc import Iterator
from uuid import UUID

from shared.forms.definition import FileUpload, FormDefinition, Group, WorkDetailsCard
from shared.forms.submissions import Answers


def ids_in(definition: FormDefinition, answers: Answers) -> Iterator[tuple[str, str, str]]:
    """List each answer that names a document or work details: pointer, kind, id."""
    for step in definition.steps:
        for field in step.fields:
            answer = answers.get(field.id)
            if isinstance(field, Group) and isinstance(answer, list):
                for index, entry in enumerate(answer):
                    for inner in field.fields:
                        named = entry.get(inner.id)
                        if isinstance(inner, FileUpload) and isinstance(named, str) and named:
                            yield f"/{field.id}/{index}/{inner.id}", inner.kind, named
            elif isinstance(field, FileUpload | WorkDetailsCard) and isinstance(answer, str):
                yield f"/{field.id}", field.kind, answer


def files_in(definition: FormDefinition, answers: Answers) -> list[UUID]:
    """List the ids of the documents that answers name; what is no id is left out."""
    found = []
    for _, kind, answer in ids_in(definition, answers):
        if kind == "file":
            try:
                found.append(UUID(answer))
            except ValueError:
                continue
    return found
