"""The folder of the schema files: beside this module, both in a checkout and in an installed
wheel."""

from pathlib import Path

SCHEMA_FILES = Path(__file__).with_name("schemas")
