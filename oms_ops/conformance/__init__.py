"""The conformance kit: random histories, races and kills that drive any order system through one adapter.

What a system must be able to do is in adapter.py, what must be true of it in laws.py, model.py and
acknowledged.py, written from the domain and not from our rules; ours.py is the adapter to our own services.
Hypothesis is needed by machine.py alone and imported there. How to run it: docs/conformance.md.
"""
