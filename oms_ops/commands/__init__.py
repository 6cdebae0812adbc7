"""Commands for a person or an API, by subject: each one transaction, refused whole or done and remembered.

What they may do is decided in rules/; service.py puts them together.
"""
