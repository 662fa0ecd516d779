/** Of the subresources that start builds; its schema is build-request.ts. */
export const requestBody = { group: "build.openshift.io", version: "v1", kind: "BuildRequest" } as const;

/** Of `instantiatebinary`: the fields are parameters of the query, the body is the source. */
export const binaryRequestBody = {
  group: "build.openshift.io",
  version: "v1",
  kind: "BinaryBuildRequestOptions",
} as const;
