import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { connect } from "node:net";

/** True when the URL answers as expected. A certificate is only asked for where `ca` is given: the rest is this machine itself. */
export function answers(url: string, ca?: Buffer, status = 200): Promise<boolean> {
  const request = url.startsWith("https:") ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const call = request(url, { ca, rejectUnauthorized: ca !== undefined, agent: false, timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === status);
    });
    call.on("timeout", () => call.destroy(new Error(`${url} did not answer within 5 s`)));
    call.on("error", reject);
    call.end();
  });
}

export function listens(socket: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const connection = connect(socket, () => {
      connection.destroy();
      resolve(true);
    });
    connection.on("error", reject);
  });
}
