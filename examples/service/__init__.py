"""Networks as a web service: made, trained, watched, steered and asked over HTTP, all at the same time."""
