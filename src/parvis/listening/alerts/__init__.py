"""Alerts: rules that look at what a query finds, events that they make of it, and who is told."""
