"""Documents: photos, audio, video and files, checked by content and kept once by their hash."""
