/**
 * Remembers answers for as long as nothing has changed, so that asking for the same again costs no rendering. A client that
 * asks for a thousand pull requests every minute would keep the host busy otherwise.
 */
export class AnswerCache<T> {
  readonly #answers = new Map<string, T>();
  readonly #mostCharacters: number;
  #revision = -1;
  #characters = 0;

  constructor(mostCharacters: number) {
    this.#mostCharacters = mostCharacters;
  }

  get(key: string, revision: number): T | undefined {
    return revision === this.#revision ? this.#answers.get(key) : undefined;
  }

  /**
   * @param revision what was current before the answer was begun: with a change meanwhile it is of no use
   * @param characters its size; what does not fit is not kept
   */
  set(key: string, revision: number, answer: T, characters: number): void {
    if (revision < this.#revision) return;
    if (revision > this.#revision) {
      this.#answers.clear();
      this.#characters = 0;
      this.#revision = revision;
    }
    if (this.#characters + characters > this.#mostCharacters || this.#answers.has(key)) return;
    this.#answers.set(key, answer);
    this.#characters += characters;
  }
}
