import { isObject, type JsonObject } from "@ai-proxy/shared/json";

/** Gemini follows a `$ref` to names in the root's `$defs` only. */
const DEFS = "#/$defs/";

/**
 * A schema's references as Gemini follows them: into the `$defs` of its root,
 * and nowhere else. Generators also point to `definitions` (draft 7), to other
 * parts of the schema (`#/properties/a`), to the whole of it (`#`), and, where
 * schemas were put together, to names in the `$defs` of a part.
 */
export class SchemaRefs {
  /** The schema, with a `$ref` at its root replaced by what it refers to. */
  readonly root: JsonObject;
  /** Schemas that take() has still to give, by their names in `$defs`. */
  readonly #open = new Map<string, JsonObject>();
  readonly #names = new Map<JsonObject, string>();
  readonly #taken: Set<string>;
  #nested: ReadonlyMap<string, JsonObject> | undefined;

  constructor(schema: JsonObject) {
    this.root = schema;
    this.root = this.#withoutRootRef(schema);
    this.#taken = new Set(isObject(this.root["$defs"]) ? Object.keys(this.root["$defs"]) : []);
  }

  /** `#/definitions/A` → `#/$defs/A`; a reference to nothing stays, and Gemini's 400 names it. */
  follow(ref: string): string {
    const target = this.#target(ref);
    if (target === undefined) return ref;
    if (ref.startsWith(DEFS) && this.#pointed(ref) === target && !ref.slice(DEFS.length).includes("/")) return ref;
    const name = this.#names.get(target) ?? this.#freeName(ref);
    if (!this.#names.has(target)) {
      this.#names.set(target, name);
      this.#open.set(name, target);
    }
    return DEFS + name;
  }

  /** The next schema that has to be put into `$defs`, as the client wrote it. */
  take(): [name: string, schema: JsonObject] | undefined {
    const [next] = this.#open;
    if (next !== undefined) this.#open.delete(next[0]);
    return next;
  }

  /** `{$ref: "#/definitions/A", definitions}` → A, with the words beside the reference: Gemini wants an object at the root. */
  #withoutRootRef(schema: JsonObject): JsonObject {
    const seen = new Set<JsonObject>();
    let root = schema;
    while (typeof root["$ref"] === "string") {
      const target = this.#target(root["$ref"]);
      if (target === undefined || seen.has(target)) break;
      seen.add(target);
      const { $ref: _, ...rest } = root;
      root = { ...target, ...rest };
    }
    return root;
  }

  #target(ref: string): JsonObject | undefined {
    const found = this.#pointed(ref);
    if (found !== undefined) return found;
    const name = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(ref)?.[1];
    if (name === undefined) return undefined;
    this.#nested ??= new Map(nestedDefinitions(this.root));
    return this.#nested.get(unescaped(name));
  }

  /** What a JSON pointer points at. */
  #pointed(ref: string): JsonObject | undefined {
    if (ref !== "#" && !ref.startsWith("#/")) return undefined;
    let found: unknown = this.root;
    for (const step of ref.split("/").slice(1)) {
      const key = unescaped(step);
      const holder: object | undefined = typeof found === "object" && found !== null ? found : undefined;
      if (holder === undefined || !Object.hasOwn(holder, key)) return undefined;
      found = Reflect.get(holder, key);
    }
    return isObject(found) ? found : undefined;
  }

  #freeName(ref: string): string {
    const last = ref.split("/").slice(1).at(-1) ?? "root";
    const wanted = unescaped(last).replace(/[^\w.-]/g, "_") || "root";
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}_${count}`;
    this.#taken.add(name);
    return name;
  }
}

/** Every name in a `$defs` or `definitions` below the root. A Map of the list keeps the first of several with one name. */
function nestedDefinitions(root: JsonObject): [string, JsonObject][] {
  const found: [string, JsonObject][] = [];
  const open: unknown[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if ((key === "$defs" || key === "definitions") && isObject(inner)) {
        for (const [name, schema] of Object.entries(inner)) if (isObject(schema)) found.push([name, schema]);
      }
      open.push(inner);
    }
  }
  return found.reverse();
}

/** `a~1b%20c` → `a/b c` */
function unescaped(step: string): string {
  let text = step;
  try {
    text = decodeURIComponent(step);
  } catch {
    // Not encoded after all.
  }
  return text.replaceAll("~1", "/").replaceAll("~0", "~");
}
