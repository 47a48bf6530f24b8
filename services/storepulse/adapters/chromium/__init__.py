"""A browser without a window, which shows one page and takes its picture.

- `program`: where Chromium is, and how it is started and ended
- `devtools`: what is said to it, over two pipes: no port is opened
- `capture`: the picture of a page, and where its elements lie
"""
