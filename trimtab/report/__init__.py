"""Emails and pages: value in, text out. No AWS, no clock, no file but the templates beside it."""
