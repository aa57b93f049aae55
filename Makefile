lock:
	uv pip compile pyproject.toml --no-emit-index-url --no-header --generate-hashes -q -o requirements.lock
