"""Documents: upload, validation, storage and download."""
