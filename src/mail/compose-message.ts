import type { Message } from './messages.ts';

/** Makes the text and the HTML of paragraphs. A paragraph that is a link becomes one. */
export function composeMessage(subject: string, paragraphs: readonly string[]): Message {
  const html = paragraphs.map((paragraph) => {
    const text = escapeHtml(paragraph);
    return `<p>${/^https?:\/\/\S+$/.test(paragraph) ? `<a href="${text}">${text}</a>` : text}</p>`;
  });
  return { subject, text: `${paragraphs.join('\n\n')}\n`, html: `<!doctype html>\n${html.join('\n')}\n` };
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}
