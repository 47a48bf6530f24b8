"""A headless browser that shows a page and takes its picture.

- `program`: find, start and end Chromium
- `devtools`: its protocol over two pipes, so that no port is opened
- `capture`: the picture of a page, and the positions of its elements
"""
