"""Secrets of destinations as they are stored: encrypted, and never within the configuration."""
