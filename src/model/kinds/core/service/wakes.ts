/** On a Service: the Deployment of its namespace that requests wake when it has no instance. */
export const wakesAnnotation = "nagi.dev/wakes";
