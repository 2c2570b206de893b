// Code that ran, in the provider's container or on a machine of the team, and files that were changed.
import { gettext, ngettext } from "../gettext.js";
import { code, isOver, json, list, note, object, pictures, text } from "./parts.js";

/** @type {Record<string, (item: any) => import("./parts.js").Line>} */
export const PROGRAMS = {
  code_interpreter_call(item) {
    const outputs = list(item.outputs);
    const logs = outputs.filter((output) => output.type === "logs");
    const images = outputs.filter((output) => output.type === "image");
    const others = outputs.filter((output) => output.type !== "logs" && output.type !== "image");
    return {
      text: isOver(item)
        ? gettext("Ran code")
        : item.status === "interpreting"
          ? gettext("Running code")
          : gettext("Writing code"),
      blocks: [
        code(gettext("Code"), item.code, "python"),
        code(gettext("Output"), logs.map((output) => text(output.logs)).join("\n")),
        ...pictures(
          gettext("Pictures"),
          images.map((output) => ({ url: output.url, alt: gettext("Picture that the code made") })),
        ),
        others.length ? json(gettext("More output"), others) : undefined,
      ],
    };
  },
  program: (item) => ({
    text: gettext("Wrote a program that calls tools"),
    blocks: [code(gettext("Code"), item.code, "javascript")],
  }),
  program_output: (item) => ({
    text: gettext("Result of"),
    subject: gettext("the program"),
    blocks: [json(gettext("Result"), item.result)],
  }),
  local_shell_call(item) {
    const action = object(item.action);
    const command = list(action.command).map(quoted).join(" ");
    const where = [
      action.working_directory ? gettext("in %(place)s", { place: text(action.working_directory) }) : "",
      action.user ? gettext("as %(user)s", { user: text(action.user) }) : "",
    ];
    const environment = Object.entries(object(action.env)).map(([name, value]) => `${name}=${text(value)}`);
    return {
      text: isOver(item) ? gettext("Ran") : gettext("Running"),
      subject: command,
      after: where.filter(Boolean).join(" "),
      blocks: [code(gettext("Command"), command, "bash"), code(gettext("Environment"), environment.join("\n"))],
    };
  },
  local_shell_call_output: (item) => ({
    text: gettext("Result of"),
    subject: gettext("the command"),
    blocks: [json(gettext("Output"), item.output)],
  }),
  shell_call(item) {
    const commands = list(object(item.action).commands).map(text);
    return {
      text: isOver(item) ? gettext("Ran") : gettext("Running"),
      subject: commands[0] ?? gettext("a command"),
      after: commands.length > 1 ? ngettext("and %(count)s more", "and %(count)s more", commands.length - 1) : "",
      blocks: [code(gettext("Commands"), commands.join("\n"), "bash")],
    };
  },
  shell_call_output(item) {
    const outputs = list(item.output).map(object);
    const ends = outputs.map((output) => outcome(object(output.outcome))).filter(Boolean);
    return {
      text: gettext("Result of"),
      subject: outputs.length > 1 ? gettext("the commands") : gettext("the command"),
      end: [...new Set(ends)].join(", "),
      blocks: outputs.flatMap((output) => [
        code(gettext("Output"), output.stdout),
        code(gettext("Errors"), output.stderr),
        outputs.length > 1 || !output.stdout ? note(sentenceOf(object(output.outcome))) : undefined,
      ]),
    };
  },
  apply_patch_call(item) {
    const { type, path, diff } = object(item.operation);
    const over = isOver(item);
    /** @type {Record<string, string>} */
    const verbs = over
      ? { create_file: gettext("Created"), delete_file: gettext("Deleted") }
      : { create_file: gettext("Creating"), delete_file: gettext("Deleting") };
    const verb = verbs[text(type)] ?? (over ? gettext("Changed") : gettext("Changing"));
    return {
      text: verb,
      subject: text(path),
      end: changed(text(diff)),
      blocks: [code(gettext("Change"), diff, "diff")],
    };
  },
  apply_patch_call_output: (item) => ({
    text: item.status === "failed" ? gettext("The change was not made") : gettext("The change was made"),
    blocks: [code(gettext("Output"), item.output)],
  }),
};

/** @param {any} outcome */
function outcome({ type, exit_code }) {
  if (type === "timeout") return gettext("timed out");
  return typeof exit_code === "number" ? gettext("exit %(code)s", { code: exit_code }) : "";
}

/** @param {any} end */
function sentenceOf(end) {
  if (end.type === "timeout") return gettext("It took too long and was ended.");
  if (typeof end.exit_code !== "number") return "";
  return gettext("It ended with exit code %(code)s.", { code: end.exit_code });
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
