"""Picking, uploading and saving documents."""
