import { type Command, Option } from 'commander';
import { SETTINGS, type Setting } from '../settings.js';

type Key = keyof typeof SETTINGS;

/** Adds the flags of the named settings (default: all) to a command; values are read by `readSettings`. */
export function addSettings(command: Command, keys: readonly Key[] = Object.keys(SETTINGS) as Key[]): Command {
  for (const key of keys) {
    const entry = SETTINGS[key] as Setting<unknown>;
    // Commander would take `--no-auth` for the negation of `--auth`.
    const option = new Option(entry.flag, `${entry.help} (${describe(entry)})`);
    if (option.negate) {
      option.negate = false;
      option.attributeName = () => 'noAuth';
    }
    command.addOption(option);
  }
  return command;
}

function describe(entry: Setting<unknown>): string {
  const { defaultText, default: fallback, env } = entry;
  const isNone = fallback === undefined || fallback === false || (Array.isArray(fallback) && fallback.length === 0);
  const text = defaultText ?? (isNone ? undefined : String(fallback));
  return text === undefined ? `env: ${env}` : `default: ${text}, env: ${env}`;
}
