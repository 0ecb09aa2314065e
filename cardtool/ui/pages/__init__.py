"""The pages. Each is imported when it is first needed: nothing here belongs to the first paint."""
