/** Receives the tokens of a text, in order. */
export interface TokenSink {
  /** @param tokens valid until the call returns; only the first `count` are meant */
  add(tokens: Int32Array, count: number): void;
  addOne(token: number): void;
  /** A place to rewind to; what it holds is the sink's own business. */
  mark(): readonly number[];
  /** Takes back all that was added since. */
  rewind(mark: readonly number[]): void;
}

/** Counts tokens and keeps none. */
export class TokenCounter implements TokenSink {
  count = 0;

  add(_tokens: Int32Array, count: number): void {
    this.count += count;
  }

  addOne(_token: number): void {
    this.count++;
  }

  mark(): readonly number[] {
    return [this.count];
  }

  rewind([count = 0]: readonly number[]): void {
    this.count = count;
  }
}

/** Keeps tokens, up to a number; `full` is called once there are more. */
export class TokenList implements TokenSink {
  readonly tokens: number[] = [];
  readonly #most: number;
  readonly #full: () => never;

  constructor(most: number, full: () => never) {
    this.#most = most;
    this.#full = full;
  }

  add(tokens: Int32Array, count: number): void {
    for (let at = 0; at < count; at++) this.addOne(tokens[at] ?? 0);
  }

  addOne(token: number): void {
    if (this.tokens.length === this.#most) this.#full();
    this.tokens.push(token);
  }

  mark(): readonly number[] {
    return [this.tokens.length];
  }

  rewind([length = 0]: readonly number[]): void {
    this.tokens.length = length;
  }
}
