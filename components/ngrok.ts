import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { completeArgs, type Complete } from "./complete-args";
import { platformNamespace } from "./manifests/platform-namespace";
import { previewDefaults } from "./manifests/preview-spec";
import { protection } from "./protection";
import { rules } from "./rules";

/** What an {@link Ngrok} is given. */
export interface NgrokArgs {
  /** Token of an ngrok account, from its dashboard. Kept as a secret. */
  authtoken: pulumi.Input<string>;
  /** Domain of that account at which the gateway answers, such as `example.ngrok-free.app`. */
  domain: pulumi.Input<string>;
  /** Address of the gateway, as `Gateway` gives it. */
  address: pulumi.Input<string>;
  /** Host name of the routes: requests are passed on with it, whatever the domain. Default: `kbot.example.com`. */
  host?: pulumi.Input<string>;
  /** Namespace of the agent, made here. Default: `ngrok`. */
  namespace?: string;
  /** Image of the ngrok agent, version 3. Default: `docker.io/ngrok/ngrok:3-alpine`. */
  image?: pulumi.Input<string>;
}

const defaults = {
  host: previewDefaults.route.host,
  namespace: "ngrok",
  image: "docker.io/ngrok/ngrok:3-alpine",
} satisfies Partial<NgrokArgs>;

type NgrokSettings = Complete<NgrokArgs, typeof defaults>;

/**
 * The gateway on the internet, without an address of its own there: an ngrok agent holds a connection to ngrok, which passes on
 * what comes for the domain. Everybody can then reach production and every preview, so it is off unless it is asked for.
 *
 * @example
 * new Ngrok("ngrok", { authtoken: config.requireSecret("ngrokAuthtoken"), domain: "example.ngrok-free.app", address: gateway.address });
 */
export class Ngrok extends pulumi.ComponentResource {
  /** Where the gateway answers on the internet. */
  public readonly url: pulumi.Output<string>;

  constructor(name: string, args: NgrokArgs, opts?: pulumi.ComponentResourceOptions) {
    super("preview-environments:index:Ngrok", name, {}, opts);
    const ngrok = completeArgs(`Ngrok "${name}"`, args, defaults, {
      authtoken: rules.token,
      domain: rules.host,
      address: rules.nonEmpty,
      host: rules.host,
      namespace: rules.name,
      image: rules.image,
    });
    const namespace = new k8s.core.v1.Namespace("namespace", platformNamespace(ngrok.namespace), {
      parent: this,
      ...protection(opts),
    });
    const account = new k8s.core.v1.Secret("account", accountSecret(ngrok), { parent: this, dependsOn: [namespace] });
    const agent = new k8s.apps.v1.Deployment("agent", agentDeployment(ngrok), { parent: this, dependsOn: [account] });
    this.url = pulumi.all([ngrok.domain, agent.id]).apply(([domain]) => `https://${domain}/`);
    this.registerOutputs({ url: this.url });
  }
}

const ACCOUNT = "ngrok-account";

function accountSecret({ namespace, authtoken }: NgrokSettings): k8s.core.v1.SecretArgs {
  return { metadata: { name: ACCOUNT, namespace }, stringData: { authtoken: pulumi.secret(authtoken) } };
}

/** https://ngrok.com/docs/agent/cli/#ngrok-http: the token comes by the environment, so that no file is needed. */
function agentDeployment({ namespace, image, address, domain, host }: NgrokSettings): k8s.apps.v1.DeploymentArgs {
  const labels = { "app.kubernetes.io/name": "ngrok" };
  const args = [
    "http",
    pulumi.interpolate`http://${address}:80`,
    pulumi.interpolate`--url=https://${domain}`,
    pulumi.interpolate`--host-header=${host}`,
    "--log=stdout",
  ];
  const authtoken = { name: "NGROK_AUTHTOKEN", valueFrom: { secretKeyRef: { name: ACCOUNT, key: "authtoken" } } };
  return {
    metadata: { name: "ngrok", namespace, labels },
    spec: {
      // A domain is held by one agent at a time.
      replicas: 1,
      strategy: { type: "Recreate" },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "agent",
              image,
              args,
              env: [authtoken, { name: "HOME", value: "/tmp" }],
              resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
            },
          ],
          volumes: [{ name: "tmp", emptyDir: {} }],
        },
      },
    },
  };
}
