/** Where things are, laid out as on GitHub Enterprise Server: pages and git at the root, the API below `/api/v3`. */
export class Urls {
  readonly origin: string;
  readonly api: string;

  constructor(origin: string) {
    this.origin = origin;
    this.api = `${origin}/api/v3`;
  }

  repository(fullName: string): string {
    return `${this.api}/repos/${fullName}`;
  }

  page(path: string): string {
    return `${this.origin}/${path}`;
  }

  clone(fullName: string): string {
    return `${this.origin}/${fullName}.git`;
  }
}
