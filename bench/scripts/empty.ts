// What a process takes that does nothing.
export const nothing = undefined
