import { clone } from "./templates.js";

/**
 * Keeps the row of a conversation in the sidebar true: its title, and the lamp while something runs.
 * @param {{ id: string, title: string, running: boolean }} conversation
 */
export function showInSidebar({ id, title, running }) {
  const row = document.querySelector(`[data-conversation="${id}"]`);
  const name = row?.querySelector("span");
  if (!row || !name) return;
  if (name.textContent?.trim() !== title) name.textContent = title;
  const lamp = row.querySelector("[role=img]");
  if (running && !lamp) row.append(clone("running-template"));
  if (!running) lamp?.remove();
}
