"""Two arms compared: from raw hospital exports to a defensible answer."""
