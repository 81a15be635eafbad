/** Why nothing is known of an image, in words for a user. Never holds a secret. */
export class Unreadable extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = "Unreadable";
  }
}
