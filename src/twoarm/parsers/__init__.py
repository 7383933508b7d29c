"""Clinical text to values: pure functions of columns of text."""
