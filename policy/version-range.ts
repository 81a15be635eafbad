import { UNKNOWN } from "./resource";

const COMPARATOR =
  /^(=|!=|>|<|>=|=>|<=|=<|~|~>|\^)?v?(\d+|[xX*])(\.(\d+|[xX*])){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
/** A dash after a version number, and not the one between the two ends of a range, which has spaces around it. */
const PRE_RELEASE = /[0-9xX*]-[0-9A-Za-z]/;

/**
 * What is wrong with a range of versions as Helm and Flux read it, by Masterminds/semver: pre-releases count as soon as
 * a comparator names one.
 */
export function rangeProblem(path: string, range: unknown): string[] {
  if (range === UNKNOWN) return [];
  if (typeof range !== "string" || range.trim() === "") return [`${path} is not set`];
  if (!isRange(range)) return [`${path} is "${range}", which is no semver range`];
  return PRE_RELEASE.test(range) ? [`${path} is "${range}", which includes pre-releases`] : [];
}

function isRange(range: string): boolean {
  return range.split("||").every((alternative) => {
    const comparators = alternative
      .replace(/\s+-\s+/g, " ")
      .replace(/([=<>~^])\s+/g, "$1")
      .split(/[\s,]+/)
      .filter((each) => each !== "");
    return comparators.length > 0 && comparators.every((each) => COMPARATOR.test(each));
  });
}
