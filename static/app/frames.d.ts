/** What the socket of a conversation says. The server's side of it is conversations/protocol.py. */

import type { Conversation, Note, NamedBranch, Output, Person, Reaction, StreamEvent, Turn } from "./types";

/** Who looks at a conversation, the first of them, and the first of those who write. */
export interface Presence {
  count: number;
  people: Person[];
  writing: { person: Person; to: "model" | "people" }[];
}

export type Frame =
  | { type: "hello"; position: number }
  | {
      type: "fact";
      position: number;
      kind: string;
      person?: number;
      turn?: Turn;
      note?: Note;
      branch?: NamedBranch;
      reaction?: Omit<Reaction, "mine"> & { person: number; on: boolean };
      conversation?: Partial<Conversation>;
    }
  | { type: "stream"; response: number; epoch: number; sequence: number; events: StreamEvent[] }
  | { type: "snapshot"; response: number; epoch: number; sequence: number; output: Output }
  | { type: "waiting"; response: number; seconds: number; message: string }
  | ({ type: "presence" } & Presence)
  | { type: "unread"; conversation: string; count: number }
  | { type: "notices" }
  | { type: "reload"; reason: string }
  | { type: "ping" }
  | { type: "error"; message: string };
