/**
 * The first line of a driver's comment; GitHub does not show it. Two drivers on one repository have a project each, and so
 * a comment each. It neither names the repository, whose renaming would make the comment a stranger's, nor proves
 * anything: anybody can write it, so the author counts as well.
 */
export function commentMarker(project: string): string {
  return `<!-- preview-environments: project=${encodeURIComponent(project)} -->`;
}

/** Whether it is the comment of the driver with this marker. */
export function hasMarker(body: string, marker: string): boolean {
  return body.split(/\r?\n/, 1)[0] === marker;
}
