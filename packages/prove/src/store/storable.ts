/** Whether PostgreSQL would store this raw text and give it back as it was. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}
