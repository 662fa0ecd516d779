/** OpenShift's `spec.httpHeaders`: headers that a route sets or takes away. */

import { invalid, required as missing, type FieldError } from "../../../field-error.ts";
import { array, object, oneOf, required, string, type Infer } from "../../../schema.ts";

const api = "com.github.openshift.api.route.v1";
const maxActions = 20;
const valueMaxLength = 16_384;

const header = object(
  "What is done with a header.",
  {
    name: required(string("Name of the header.")),
    action: required(
      object(
        "What is done.",
        {
          type: required(oneOf(["Set", "Delete"], "Whether it gets a value or is taken away.")),
          set: object(
            "The value.",
            { value: required(string("Value of the header, as it is.", { maxLength: valueMaxLength })) },
            { name: `${api}.RouteSetHTTPHeader` },
          ),
        },
        { name: `${api}.RouteHTTPHeaderActionUnion` },
      ),
    ),
  },
  { name: `${api}.RouteHTTPHeader` },
);
export interface HeaderAction extends Infer<typeof header> {}

export const httpHeaders = object(
  "Headers that are set or taken away.",
  {
    actions: object(
      "In the order of the lists.",
      {
        request: array(header, "Of what the app is asked.", { maxLength: maxActions }),
        response: array(header, "Of its answers.", { maxLength: maxActions }),
      },
      { name: `${api}.RouteHTTPHeaderActions` },
    ),
  },
  { name: `${api}.RouteHTTPHeaders` },
);

type HttpHeaders = Infer<typeof httpHeaders>;

const token = /^[A-Za-z0-9_-]{1,100}$/;
/** The router's own, or the connection's. */
const reserved = new Set(["proxy", "host", "cookie", "set-cookie", "strict-transport-security"]);
const textMaxLength = 1000;

export function httpHeaderErrors(given: HttpHeaders | undefined, path: string): FieldError[] {
  const lists = [
    ["request", given?.actions?.request ?? []],
    ["response", given?.actions?.response ?? []],
  ] as const;
  return lists.flatMap(([name, list]) =>
    list.flatMap((action, index) => actionErrors(action, `${path}.actions.${name}[${index}]`)),
  );
}

function actionErrors({ name, action }: HeaderAction, path: string): FieldError[] {
  if (!token.test(name))
    return [invalid(`${path}.name`, name, "must be a header's name: letters, digits, - and _")];
  if (reserved.has(name.toLowerCase()))
    return [invalid(`${path}.name`, name, `must not be one of ${[...reserved].join(", ")}`)];
  if (action.type === "Delete") return [];
  const value = action.set?.value;
  if (value === undefined || value === "") return [missing(`${path}.action.set.value`, "Set needs a value")];
  if (value.includes("%["))
    return [invalid(`${path}.action.set.value`, value, "must be the value itself: %[...] is not known here")];
  return value.length <= textMaxLength && /^[\x20-\x7e]*$/.test(value)
    ? []
    : [
        invalid(
          `${path}.action.set.value`,
          value,
          `must be printable ASCII of no more than ${textMaxLength} characters`,
        ),
      ];
}
