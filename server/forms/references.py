"""References in answers to documents and work details, by id."""

from collections.abc import Iterator
from uuid import UUID

from shared.forms.definition import FileUpload, FormDefinition, Group, WorkDetailsCard
from shared.forms.submissions import Answers


def references_in(definition: FormDefinition, answers: Answers) -> Iterator[tuple[str, str, str]]:
    """Yield each reference to a document or work details as (pointer, kind, id)."""
    for step in definition.steps:
        for field in step.fields:
            answer = answers.get(field.id)
            if isinstance(field, Group) and isinstance(answer, list):
                for index, entry in enumerate(answer):
                    for inner in field.fields:
                        reference = entry.get(inner.id)
                        if (
                            isinstance(inner, FileUpload)
                            and isinstance(reference, str)
                            and reference
                        ):
                            yield f"/{field.id}/{index}/{inner.id}", inner.kind, reference
            elif isinstance(field, FileUpload | WorkDetailsCard) and isinstance(answer, str):
                yield f"/{field.id}", field.kind, answer


def documents_in(definition: FormDefinition, answers: Answers) -> list[UUID]:
    """List the ids of documents named in answers; malformed ids are skipped."""
    ids = []
    for _, kind, answer in references_in(definition, answers):
        if kind == "file":
            try:
                ids.append(UUID(answer))
            except ValueError:
                continue
    return ids
