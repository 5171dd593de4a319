// Only the import: what a script pays before its first line.
export * from 'sluice'
