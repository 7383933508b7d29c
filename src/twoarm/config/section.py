"""What every section of the config shares."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""A name that may stand in file names: lower case, digits, underscores."""

Code = bool | int | float | str
"""A code as a file may hold it."""


class Section(BaseModel):
    """A closed part of the config: an unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, strict=False, frozen=True
    )


def as_list(value: object) -> object:
    """Let a single value stand where a list is meant."""
    return value if isinstance(value, list | tuple) or value is None else [value]
