import { AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import type { ProgramConfig } from "../resource";

type Properties = Readonly<Record<string, unknown>>;

/**
 * What the engine says about resources and configuration, secrets still marked as such: `@pulumi/policy` hands both on
 * without the marks, and no rule could then tell a secret from a slip. So the requests are read once more, by the URN
 * they are about, where the protocol's own service definition takes them off the wire.
 */
export class EngineRequests {
  readonly #inputs = new Map<string, Properties>();
  readonly #outputs = new Map<string, Properties>();
  #config: ProgramConfig | undefined;

  /** Listens from now on. To be called before the pack's server starts, once in a process. */
  listen(): void {
    onRequest(AnalyzerService.analyze, (request) => {
      this.#inputs.set(request.getUrn(), propertiesOf(request.getProperties()));
    });
    onRequest(AnalyzerService.analyzeStack, (request) => {
      for (const resource of request.getResourcesList()) {
        this.#outputs.set(resource.getUrn(), propertiesOf(resource.getProperties()));
      }
    });
    onRequest(AnalyzerService.configureStack, (request) => {
      const values = Object.fromEntries(request.getConfigMap().toArray());
      this.#config = { values, secretKeys: request.getConfigSecretKeysList() };
    });
  }

  /** Properties a resource is registered with. */
  inputsOf(urn: string): Properties | undefined {
    return this.#inputs.get(urn);
  }

  /** Properties a resource has at the end of the update. */
  outputsOf(urn: string): Properties | undefined {
    return this.#outputs.get(urn);
  }

  get config(): ProgramConfig | undefined {
    return this.#config;
  }
}

interface Method<Request> {
  requestDeserialize: (bytes: Buffer) => Request;
}

function onRequest<Request>(method: Method<Request>, heard: (request: Request) => void): void {
  const deserialize = method.requestDeserialize;
  method.requestDeserialize = (bytes) => {
    const request = deserialize(bytes);
    heard(request);
    return request;
  };
}

function propertiesOf(struct: { toJavaScript(): Properties } | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}
