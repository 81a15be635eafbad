/** Draws something with less and less room until it fits. The last room is taken as it is: it must fit whatever there is. */
export function fitting<Room>(
  rooms: readonly Room[],
  draw: (room: Room) => string,
  fits: (text: string) => boolean,
): string {
  let text = "";
  for (const room of rooms) {
    text = draw(room);
    if (fits(text)) break;
  }
  return text;
}
