/** What a wait waits for: a time, an answer of a person, an event, or another run. */
export type WaitKind = 'sleep' | 'input' | 'event' | 'run'
