/** What goes over the wire. The server's side of it is conversations/protocol.py. */

export type { Frame, Presence } from "./frames";

export type Status = "queued" | "in_progress" | "completed" | "incomplete" | "failed" | "cancelled";

export interface Person {
  id: number;
  name: string;
  initial: string;
  hue: number;
  avatar: string | null;
}

/** An item as the API gives it: only what is read here is named, everything else is kept. */
export interface Item {
  type?: string;
  id?: string;
  status?: string;
  role?: string;
  content?: (Part | null)[];
  summary?: ({ text?: string } | null)[];
  image?: Picture;
  partial_image?: Picture;
  /** The same picture as its original outside a mask; shown in its place. */
  locked?: Picture | null;
  /** Milliseconds since the turn was queued. */
  timing?: { began_ms?: number; ended_ms?: number };
  [field: string]: unknown;
}

export interface Part {
  type?: string;
  text?: string;
  refusal?: string;
  annotations?: (Annotation | null)[];
  [field: string]: unknown;
}

export interface Annotation {
  type?: string;
  url?: string;
  title?: string;
  filename?: string;
  [field: string]: unknown;
}

export interface Picture {
  id?: string;
  url: string;
  width?: number;
  height?: number;
  index?: number;
}

export type Output = (Item | null)[];

export interface StreamEvent {
  type: string;
  output_index?: number;
  [field: string]: unknown;
}

export interface InputItem {
  id: number;
  type: string;
  role: string;
  author: Person | null;
  client_id: string;
  created_at: string;
  payload: Item;
  /** Whom it calls by name, as it is written in it. */
  mentions?: { id: number; name: string }[];
}

/** What one person said to the others, behind the turn `after`; one that was taken away has no more than its place. */
export interface Note extends InputItem {
  after: number | null;
  /** Whose margin it stands in; without it, it stands between the turns. */
  about?: Place | null;
}

/** A message, or an answer with perhaps one thing in it. */
export interface Place {
  item?: number | null;
  response?: number | null;
  output?: string;
}

export interface Reaction extends Place {
  emoji: string;
  count: number;
  /** The first of those whose it is. */
  names: string[];
  mine: boolean;
}

/** What is on the turns and notes of a page. */
export interface PageMarks {
  reactions: Reaction[];
  bookmarks: Place[];
}

export interface BranchRef {
  id: number;
  branch: number;
}

/** Whether an answer is the JSON that it was asked for as; null: nobody knows. */
export interface Fit {
  valid: boolean | null;
  problem: string;
}

/** A response with its input: what one person asked and what was answered. */
export interface Turn {
  id: number;
  previous: number | null;
  input_from: number | null;
  branch: number;
  status: Status;
  model: string;
  model_label: string;
  demo: boolean;
  input: InputItem[];
  output: Output;
  /** What the answer was asked for as: a schema's name, `json_object`, or "" for words. */
  form: string;
  fit: Fit | null;
  usage: { input_tokens?: number; output_tokens?: number } | null;
  /** In US dollars, about; null where the prices of the model are unknown. */
  cost: number | null;
  error: { code: string; message: string } | null;
  incomplete: string | null;
  remarks: string[];
  timing: { queued_at: string; first_token_ms: number | null; done_ms: number | null };
  siblings: BranchRef[];
  answers: BranchRef[];
  stream: { epoch: number; sequence: number } | null;
  /** When the provider forgets it; null where it does not keep it. */
  kept_until: string | null;
  /** Of the page only: in how many seconds the provider is asked again. */
  asked_again_in?: number;
  /** It goes on where the answer before it called tools. */
  continues?: boolean;
  approvals?: Approval[];
  /** What the studio knows of the picture that was asked for; empty for what was asked in the chat. */
  making?: { parent?: string; mask?: string; maker?: string; image_model?: string; [more: string]: unknown };
  /** What people say of the pictures in it, by the ids of their files. */
  pictures?: Record<string, { name: string; number?: number | null; liked_by: number[]; gone: boolean }>;
  /** What keeps the picture as its original was outside a mask. */
  pixel_lock?: PixelLock | null;
}

export interface PixelLock {
  state: "waiting" | "done" | "failed";
  /** Why there is no locked picture. */
  problem: string;
  /** The share of the pixels outside the mask that the model had changed. */
  changed: number | null;
  feather: number;
  /** The model answered in another size. */
  scaled: boolean;
  original: Picture | null;
  made: Picture | null;
  locked: Picture | null;
  heat: Picture | null;
}

/** Who makes pictures, with the values of its options. */
export interface Maker {
  name: string;
  label: string;
  demo: boolean;
  options: Record<string, string[]>;
  any_size: boolean;
  compressed: string[];
  partial_images: number;
  edits: boolean;
  masks: boolean;
  /** US dollars of one picture by `"QUALITY SIZE"`. */
  prices: Record<string, number>;
  /** What each partial image adds. */
  partial_price: number;
}

/** The turns of a work that make pictures, and how all of its turns are linked. */
export interface StudioTurns {
  turns: Turn[];
  links: [number, number | null][];
  /** The ids of the states in which a picture was seen while it formed, by turns. */
  partials: Record<string, string[]>;
  notes: Note[];
  position: number;
}

export interface StudioState extends StudioTurns {
  conversation: Conversation;
  me: Me;
  makers: Maker[];
  most_results: number;
  /** What the form is filled with, from a picture of the gallery. */
  recalled: { prompt?: string; maker?: string; values: Record<string, string>; references: string[] } | null;
}

/** A call that waits for a person, or waited. */
export interface Approval {
  id: number;
  request: string;
  server: string;
  name: string;
  arguments: string;
  /** The arguments by their names, null where they are no JSON object. */
  parts: [string, string][] | null;
  digest: string;
  state: "pending" | "approved" | "declined" | "lapsed";
  decides: "asker" | "approver";
  asked_by: Person;
  decided_by: Person | null;
  decided_at: string | null;
  note: string;
  expires_at: string;
}

export interface Me extends Person {
  may_decide?: boolean;
}

/** What is switched on: names of functions and of the provider's tools, ids of MCP servers and vector stores. */
export interface Offered {
  functions?: string[];
  servers?: number[];
  hosted?: string[];
  stores?: number[];
}

export interface Conversation {
  id: string;
  title: string;
  model: string;
  instructions: string;
  state: string;
  /** The state that turns have: the conversation's own, or the server's. */
  state_in_force: string;
  options: Record<string, unknown>;
  branch: number | null;
  role: string;
  may_write: boolean;
  may_note: boolean;
  pinned: boolean;
  archived: boolean;
  muted: boolean;
  people: { count: number; first: Person[] };
  offered?: Offered;
}

/** What a model takes of one parameter: its values, its highest number, or just it. */
export type Offer = string[] | number | null;

export interface Model {
  name: string;
  label: string;
  demo: boolean;
  vision: boolean;
  /** By the parameters' paths. */
  options: Record<string, Offer>;
  /** Kinds of tools that it takes. */
  takes?: string[];
}

/** A branch and its name, which may be "". */
export interface NamedBranch {
  id: number;
  name: string;
}

export interface PageState {
  conversation: Conversation;
  me: Me;
  turns: Turn[];
  before: number | null;
  notes: Note[];
  marks?: PageMarks;
  branch: number | null;
  branch_name?: string;
  models: Model[];
  position: number;
  /** What was said first since the viewer left, or nothing. */
  new: { turn: number | null; note: number | null; answer: boolean } | null;
  running: BranchRef[];
}

export interface TurnsPage {
  turns: Turn[];
  before: number | null;
  notes: Note[];
  marks?: PageMarks;
  branch: number | null;
  branch_name?: string;
  position: number;
  running: BranchRef[];
}

export type Detail = "auto" | "low" | "high" | "original";

/** A file as the server tells of it when it has come. */
export interface UploadedFile {
  id: string;
  name: string;
  media_type: string;
  size: number;
  width: number | null;
  height: number | null;
  pages: number | null;
  moving: boolean;
  url: string;
}

/** What goes along with a message: a file of the server's, or an address elsewhere. */
export interface Attachment {
  file?: string;
  url?: string;
  name: string;
  size?: number;
  picture: boolean;
  width?: number | null;
  height?: number | null;
  pages?: number | null;
  detail: Detail;
}

/** A message that this browser has written and the server has not confirmed. */
export interface Pending {
  client_id: string;
  text: string;
  attachments?: Attachment[];
  edits: number | null;
  /** What this message asks for by itself, by the parameters' paths. */
  options?: Record<string, unknown>;
  created_at: string;
  state: "waiting" | "sending" | "failed";
  problem: string;
  /** Whom it is for; a note has no model. */
  to?: "model" | "people";
}
