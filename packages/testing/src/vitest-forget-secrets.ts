// Before each test file: files share a process, and a secret of one would be masked in what the others print.
const known = (globalThis as { [key: symbol]: Map<string, RegExp> | undefined })[Symbol.for('sluice.secrets.v1')]
known?.clear()
