/**
 * Who gets the processors first when all want them, as `nice` counts: each step is a quarter more or less. Requests go before
 * what changes the machine: the router first, then apps (by their control groups) and the platform, then the engine's work.
 */

/** Of the router: every request goes through it, and it needs little at a time. */
export const routerNiceness = -10;
/** Of the container engine and what it runs for a moment (runtime, network, image layers), and of the registry. */
export const engineNiceness = 5;
