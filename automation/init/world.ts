import type { Found } from "./detect.ts";
import type { Ask } from "./questions.ts";

/** All that `previews init` touches. */
export interface InitWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly project: ProjectFolder;
  /** Undefined: nobody is there to answer. */
  readonly ask: Ask | undefined;
}

/** The folder it is called in. Files are named relative to it. */
export interface ProjectFolder {
  look(): Promise<Found>;
  has(file: string): Promise<boolean>;
  /** False: there is a file already, and it is not to be replaced. */
  write(
    file: string,
    text: string,
    options: { readonly replace: boolean; readonly makeFolder?: boolean },
  ): Promise<boolean>;
  /** Path from a file to the JSON schema of the installed package. */
  schemaFor(file: string): Promise<string | undefined>;
}
