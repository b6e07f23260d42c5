"""The peers of the tests: stand-ins for the services that ocrdyn talks to.

What they answer follows facts/cloudinary.md and facts/aws.md, the project's
notes on the wire behaviour of both services; "C 2.4" in a docstring means
section 2.4 of the former, "A 3.1" section 3.1 of the latter. Where those say
that something is not confirmed, it is an option of the stand-in.
"""
