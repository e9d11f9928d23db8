"""The kinds of workflow steps that this plugin gives."""
