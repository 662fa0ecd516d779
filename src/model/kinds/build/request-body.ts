/** Of the subresources that start builds; its schema is build-request.ts. */
export const requestBody = { group: "build.openshift.io", version: "v1", kind: "BuildRequest" } as const;
