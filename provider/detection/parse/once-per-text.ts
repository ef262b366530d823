/**
 * A reader that keeps its last answer: hosts of one kind say much of it word for word (their profiles above all), and a fleet is
 * read one host after the other. What is read is never changed.
 */
export function oncePerText<T>(read: (text: string) => T): (text: string) => T {
  let last: { readonly text: string; readonly answer: T } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, answer: read(text) };
    return last.answer;
  };
}
