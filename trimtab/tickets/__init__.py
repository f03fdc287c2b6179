"""Ticket sinks over HTTP, and what a ticket says. No AWS, no environment, no clock."""
