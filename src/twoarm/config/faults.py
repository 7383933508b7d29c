"""Say what is wrong with a config: every fault, by key, with the nearest known key."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from twoarm.errors import InputError


class StudyError(InputError):
    """The study file is faulty; the message lists every fault."""

    def __init__(self, name: str, faults: list[tuple[str, str]]) -> None:
        self.faults = faults
        lines = [f"  {key}: {what}" for key, what in dict.fromkeys(faults)]
        count = f"{len(lines)} fault{'s' if len(lines) > 1 else ''}"
        super().__init__(
            "\n".join([f"{name} has {count}:", *lines, "See docs/config.md."])
        )


def nearest(word: str, known: Mapping[str, Any] | list[str]) -> str:
    """Name the nearest known word, as a hint; nothing if there is none."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {found[0]}?" if found else ""


def describe(
    error: ValidationError, model: type[BaseModel]
) -> Iterator[tuple[str, str]]:
    """Yield the path of the key and the fault, in words, of each pydantic error."""
    for detail in error.errors(include_url=False):
        location, models = resolve(detail["loc"], model)
        what = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            known = [key for each in models for key in each.model_fields]
            what = "no such key" + nearest(str(location[-1]), known)
        elif detail["type"] == "missing":
            what = "is missing"
        elif detail["type"] == "none_required":
            what = "is not for this method; leave it out"
        elif detail["type"] in ("union_tag_not_found", "union_tag_invalid"):
            location, what = _tag(location, detail["ctx"])
        yield ".".join(map(str, location)) or "the file", what


def _tag(
    location: list[int | str], context: Mapping[str, Any]
) -> tuple[list[int | str], str]:
    """Name the key that says which kind of section it is, and what it may be."""
    key = context["discriminator"].strip("'")
    if "tag" not in context:
        return [*location, key], "is missing"
    known = [tag.strip("'") for tag in context["expected_tags"].split(", ")]
    hint = nearest(context["tag"], known)
    return [*location, key], f"may be {', '.join(known)}{hint}"


def resolve(
    location: tuple[int | str, ...], model: type[BaseModel]
) -> tuple[list[int | str], list[type[BaseModel]]]:
    """Turn a pydantic location into a path of keys, and the models it may lie in.

    Pydantic puts the tag of a union (`table`) between the keys, and `[key]` behind a
    key that may not be so named; they are left out.
    """
    models: list[type[BaseModel]] = [model]
    path: list[int | str] = []
    for place, part in enumerate(location):
        fields = [
            each.model_fields[part].annotation
            for each in models
            if isinstance(part, str) and part in each.model_fields
        ]
        tagged = [each for each in models if part in _tags(each)]
        last = place == len(location) - 1
        if part == "[key]":
            continue
        if tagged and not fields:
            models = tagged
            continue
        path.append(part)
        if fields and not last:
            models = [m for field in fields for m in _models_in(field)] or models
    return path, models


def _tags(model: type[BaseModel]) -> set[Any]:
    """Values by which a union may name the model."""
    literals = [model.model_fields[key] for key in model.model_fields.keys() & TAGS]
    return {
        value
        for field in literals
        if get_origin(field.annotation) is Literal
        for value in get_args(field.annotation)
    }


TAGS = {"kind", "method"}


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """List the models that an annotation holds, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
