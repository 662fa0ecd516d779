import { defineKind } from "../../../define.ts";
import {
  forbidden,
  invalidIf,
  notSupported,
  required as missing,
  type FieldError,
} from "../../../field-error.ts";
import { checkLabelKey } from "../../../labels.ts";
import type { KubeObject } from "../../../meta.ts";
import { checkDnsSubdomain } from "../../../names.ts";
import { object, required, string, type Infer } from "../../../schema.ts";

const api = "io.k8s.api.networking.v1";
const controllerMaxLength = 250;

const parameters = object(
  "An object with further settings for the controller.",
  {
    apiGroup: string("API group of the object; the core group when absent."),
    kind: required(string("Kind of the object.")),
    name: required(string("Name of the object.")),
    scope: string("Cluster or Namespace: where the object is.", { default: "Cluster" }),
    namespace: string("Namespace of the object, when its scope is Namespace."),
  },
  { name: `${api}.IngressClassParametersReference` },
);

const fields = {
  spec: required(
    object(
      "Who serves the Ingresses of the class.",
      {
        controller: string("Name of the controller, like a domain with a path: nagi.dev/router.", {
          immutable: true,
        }),
        parameters,
      },
      { name: `${api}.IngressClassSpec` },
    ),
  ),
};
const schema = object("", fields);
export interface IngressClass extends KubeObject, Infer<typeof schema> {}

/** The controller of the classes that Nagi's router serves. */
export const routerController = "nagi.dev/router";
export const defaultIngressClassAnnotation = "ingressclass.kubernetes.io/is-default-class";

/** Ingresses that name no class get it. */
export function isDefaultIngressClass({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[defaultIngressClassAnnotation] === "true";
}

function errorsOf({ spec: { controller = "", parameters: given } }: IngressClass): FieldError[] {
  const errors = controller === "" ? [missing("spec.controller")] : [];
  if (controller.length > controllerMaxLength)
    errors.push({
      type: "TooLong",
      path: "spec.controller",
      detail: `must be no more than ${controllerMaxLength} characters`,
    });
  else if (controller !== "")
    errors.push(...invalidIf(checkController(controller), "spec.controller", controller));
  if (given === undefined) return errors;
  const path = "spec.parameters";
  if (given.kind === "") errors.push(missing(`${path}.kind`));
  if (given.name === "") errors.push(missing(`${path}.name`));
  if (given.scope !== "Cluster" && given.scope !== "Namespace")
    errors.push(notSupported(`${path}.scope`, given.scope, ["Cluster", "Namespace"]));
  const { namespace = "" } = given;
  if (given.scope === "Namespace" && namespace === "")
    errors.push(missing(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"));
  if (given.scope === "Cluster" && namespace !== "")
    errors.push(forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  return errors;
}

function checkController(text: string): string | undefined {
  const [domain = ""] = text.split("/");
  if (!text.includes("/")) return 'must be a domain-prefixed path (such as "acme.io/foo")';
  return checkDnsSubdomain(domain) ?? checkLabelKey(text.split("/").slice(0, 2).join("/").toLowerCase());
}

export const ingressClass = defineKind<IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  namespaced: false,
  description: "A sort of Ingress: which controller serves those that name it.",
  fields,
  columns: [
    {
      name: "Controller",
      type: "string",
      description: "Who serves its Ingresses.",
      value: ({ spec }) => spec.controller ?? "",
    },
    {
      name: "Parameters",
      type: "string",
      description: "Object with further settings.",
      value: ({ spec: { parameters: given } }) =>
        given === undefined
          ? "<none>"
          : `${given.kind}${given.apiGroup === undefined ? "" : `.${given.apiGroup}`}/${given.name}`,
    },
  ],
  validate: errorsOf,
});
