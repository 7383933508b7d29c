"""Errors that a user can mend."""


class InputError(ValueError):
    """The study's input cannot be used; the message says where and what to do."""


class UnreadableError(InputError):
    """A file cannot be read; the message says why and what to do."""
