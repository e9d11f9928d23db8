"""From what was seen to what it means: rule files give evidence, evidence gives one reading."""
