// Code that ran, in the provider's container or on a machine of the team, and files that were changed.
import { code, isOver, json, list, note, object, pictures, text } from "./parts.js";

/** @type {Record<string, (item: any) => import("./parts.js").Line>} */
export const PROGRAMS = {
  code_interpreter_call(item) {
    const outputs = list(item.outputs);
    const logs = outputs.filter((output) => output.type === "logs");
    const images = outputs.filter((output) => output.type === "image");
    const others = outputs.filter((output) => output.type !== "logs" && output.type !== "image");
    return {
      text: isOver(item) ? "Ran code" : item.status === "interpreting" ? "Running code" : "Writing code",
      blocks: [
        code("Code", item.code, "python"),
        code("Output", logs.map((output) => text(output.logs)).join("\n")),
        ...pictures(
          "Pictures",
          images.map((output) => ({ url: output.url, alt: "Picture that the code made" })),
        ),
        others.length ? json("More output", others) : undefined,
      ],
    };
  },
  program: (item) => ({ text: "Wrote a program that calls tools", blocks: [code("Code", item.code, "javascript")] }),
  program_output: (item) => ({ text: "Result of", subject: "the program", blocks: [json("Result", item.result)] }),
  local_shell_call(item) {
    const action = object(item.action);
    const command = list(action.command).map(quoted).join(" ");
    const where = [
      action.working_directory ? `in ${text(action.working_directory)}` : "",
      action.user ? `as ${text(action.user)}` : "",
    ];
    const environment = Object.entries(object(action.env)).map(([name, value]) => `${name}=${text(value)}`);
    return {
      text: isOver(item) ? "Ran" : "Running",
      subject: command,
      after: where.filter(Boolean).join(" "),
      blocks: [code("Command", command, "bash"), code("Environment", environment.join("\n"))],
    };
  },
  local_shell_call_output: (item) => ({
    text: "Result of",
    subject: "the command",
    blocks: [json("Output", item.output)],
  }),
  shell_call(item) {
    const commands = list(object(item.action).commands).map(text);
    return {
      text: isOver(item) ? "Ran" : "Running",
      subject: commands[0] ?? "a command",
      after: commands.length > 1 ? `and ${commands.length - 1} more` : "",
      blocks: [code("Commands", commands.join("\n"), "bash")],
    };
  },
  shell_call_output(item) {
    const outputs = list(item.output).map(object);
    const ends = outputs.map((output) => outcome(object(output.outcome))).filter(Boolean);
    return {
      text: "Result of",
      subject: outputs.length > 1 ? "the commands" : "the command",
      end: [...new Set(ends)].join(", "),
      blocks: outputs.flatMap((output) => [
        code("Output", output.stdout),
        code("Errors", output.stderr),
        outputs.length > 1 || !output.stdout ? note(sentenceOf(object(output.outcome))) : undefined,
      ]),
    };
  },
  apply_patch_call(item) {
    const { type, path, diff } = object(item.operation);
    const over = isOver(item);
    /** @type {Record<string, string>} */
    const verbs = over
      ? { create_file: "Created", delete_file: "Deleted", update_file: "Changed" }
      : { create_file: "Creating", delete_file: "Deleting", update_file: "Changing" };
    const verb = verbs[text(type)] ?? (over ? "Changed" : "Changing");
    return { text: verb, subject: text(path), end: changed(text(diff)), blocks: [code("Change", diff, "diff")] };
  },
  apply_patch_call_output: (item) => ({
    text: item.status === "failed" ? "The change was not made" : "The change was made",
    blocks: [code("Output", item.output)],
  }),
};

/** @param {any} outcome */
function outcome({ type, exit_code }) {
  if (type === "timeout") return "timed out";
  return typeof exit_code === "number" ? `exit ${exit_code}` : "";
}

/** @param {any} end */
function sentenceOf(end) {
  if (end.type === "timeout") return "It took too long and was ended.";
  return typeof end.exit_code === "number" ? `It ended with exit code ${end.exit_code}.` : "";
}

/** @param {string} diff */
function changed(diff) {
  const lines = diff.split("\n");
  const added = lines.filter((line) => /^\+(?!\+\+)/.test(line)).length;
  const removed = lines.filter((line) => /^-(?!--)/.test(line)).length;
  return added + removed ? `+${added} −${removed}` : "";
}

/** @param {unknown} word of a command line, as a shell would need it */
function quoted(word) {
  const plain = text(word);
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", "'\\''")}'`;
}
