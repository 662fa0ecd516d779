/**
 * Condition of a pod whose container runs, but does not listen where its probe asks: its message says where it does,
 * for instance `listens on 127.0.0.1:3000, not on port 8080`. Nagi's own; other engines do not tell.
 */
export const listeningCondition = "nagi.dev/Listening";
