"""The same work done with other means, as a competent engineer would write it without Storepulse.

Rules: each is a program of its own that imports nothing of the product, so that it can run in the
virtual environment of the comparison libraries. What they leave out, which makes them faster, is
said in docs/lab/README.md. What they count is compared with what we count after every run.
"""
