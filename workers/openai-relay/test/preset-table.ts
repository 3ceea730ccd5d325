import type { Preset } from "../src/presets.ts";

/** A preset as its row of README.md's table, cell by cell. */
export function presetRow(name: string, preset: Preset): string[] {
  const { base_url, address, key, key_header, default_model, quirks = {}, fields = {}, source } = preset;
  const sets = [
    ...(key_header === undefined ? [] : [`key_header ${key_header}`]),
    ...(default_model === undefined ? [] : [`default_model ${default_model}`]),
    ...Object.entries(quirks).map(([quirk, value]) => `${quirk} ${value}`),
    ...Object.entries(fields).flatMap(([field, to]) => (to === null ? [] : [`${field} is ${to}`])),
  ];
  const without = Object.entries(fields).flatMap(([field, to]) => (to === null ? [`\`${field}\``] : []));
  return [
    `\`${name}\``,
    base_url ?? `yours: ${address}`,
    key === undefined ? "–" : `\`${key}\``,
    sets.length === 0 ? "–" : sets.join(", "),
    without.length === 0 ? "–" : without.join(", "),
    source,
  ];
}
