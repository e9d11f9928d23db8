"""Suites that a plugin's tests inherit: subclass one as ``TestX`` and name what is to be tested.

Tests ask what a thing says it can do, never who it is. A property is checked by an inner function,
because Hypothesis does not let one inherited test be run by several classes.
"""
