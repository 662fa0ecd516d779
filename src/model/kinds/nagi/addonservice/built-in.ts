/** On an AddonService that comes with Nagi: the digest of its file. */
export const builtInAnnotation = "nagi.dev/built-in";
