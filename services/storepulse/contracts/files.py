"""Where the schema files are: beside this module, in a checkout and in an installed wheel alike."""

from pathlib import Path

SCHEMA_FILES = Path(__file__).with_name("schemas")
