"""Topics and schemas: the only readers of the files in `schemas/`."""
