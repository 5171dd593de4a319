/** The version of what workers, engines and server say to each other. Both sides send it; another one is refused. */
export const protocol = 1

/** The header in which engines and workers send {@link protocol}. */
export const protocolHeader = 'sluice-protocol'
