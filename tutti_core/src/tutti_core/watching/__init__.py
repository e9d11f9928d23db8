"""From live sources to readings: looks once, in a fixed number of calls however many agents."""
