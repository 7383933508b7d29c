"""What every section of the config shares."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""A name that may stand in file names: lower case, digits, underscores."""

UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Signs that steer; line breaks and tabs are not among them."""

Code = bool | int | float | str
"""A code as a file may hold it."""


class Section(BaseModel):
    """A closed part of the config: an unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, strict=False, frozen=True
    )

    @field_validator("*")
    @classmethod
    def _seen(cls, value: object) -> object:
        """Refuse text that steers a terminal or a page, and that no XML may hold."""
        if any(UNSEEN.search(text) for text in _texts_of(value)):
            raise ValueError("has signs that cannot be seen; write it anew")
        return value


def _texts_of(value: object) -> Iterator[str]:
    """Yield the texts of a key that holds no section."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        yield from (each for each in value if isinstance(each, str))
    elif isinstance(value, Mapping):
        yield from (each for each in (*value, *value.values()) if isinstance(each, str))


def as_list(value: object) -> object:
    """Let a single value stand where a list is meant."""
    return value if isinstance(value, list | tuple) or value is None else [value]
