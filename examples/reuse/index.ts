import * as pulumi from "@pulumi/pulumi";
import { Flux, Gateway, PreviewControl, PreviewEnvironment } from "preview-environments";
import { previewName } from "preview-environments/manifests";

// A program of somebody else's, on a cluster of their own ($KUBECONFIG), with one preview that no driver knows of: the
// release candidate, at a commit that is given by hand.
const config = new pulumi.Config();
const candidate = { number: config.getNumber("number") ?? 1, app: "candidate" };

const flux = new Flux("flux", {});
const gateway = new Gateway("gateway", {});
const control = new PreviewControl("previews", {});

const preview = new PreviewEnvironment(
  previewName(candidate),
  {
    ...candidate,
    repository: "acme/shop",
    sha: config.require("sha"),
    source: { url: "https://github.com/acme/shop" },
    controlNamespace: control.namespace,
    route: { mode: "host", host: "shop.example.com" },
  },
  { dependsOn: [flux, gateway, control] },
);

export const address = gateway.address;
export const url = preview.url;
