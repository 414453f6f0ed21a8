/**
 * Text from outside (a file's name, a field's name) as it may be shown on a terminal: characters that
 * would command the terminal, or turn the text around, are spelt out.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
