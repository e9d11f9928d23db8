"""Every first-party part of tutti in one install; there is nothing to import here."""
