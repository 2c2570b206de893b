import { MarkdownStream } from "../lib/markdown.js";

/** `<marked-text>`: its text is Markdown, and shown as such. Without a script it stays as it was written. */
class MarkedText extends HTMLElement {
  connectedCallback() {
    const text = this.textContent ?? "";
    this.replaceChildren();
    new MarkdownStream(this, { breaks: true }).end(text);
  }
}

customElements.define("marked-text", MarkedText);
