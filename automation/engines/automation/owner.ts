import { LABEL_PREFIX } from "../../../components/manifests/preview.ts";

interface Exported {
  readonly deployment?: {
    readonly resources?: readonly {
      readonly inputs?: { readonly metadata?: { readonly annotations?: Readonly<Record<string, unknown>> } };
    }[];
  };
}

/** Repository that the objects of an exported stack were made for; undefined: it has none that say so. PURE. */
export function ownerOf(exported: string): string | undefined {
  const { deployment } = JSON.parse(exported) as Exported;
  const owners = (deployment?.resources ?? []).map(
    ({ inputs }) => inputs?.metadata?.annotations?.[`${LABEL_PREFIX}/repository`],
  );
  return owners.find((owner) => typeof owner === "string");
}
