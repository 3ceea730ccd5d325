/** Bytes that one read takes at most; a read that is full has left more behind. One buffer a stream, so that a thousand streams hold 16 MB and not more. */
export const READ_BYTES = 16_384;

/** A chunk's bytes are valid until the next read. */
export interface ByteReader {
  read(): Promise<ReadableStreamReadResult<Uint8Array>>;
  cancel(): Promise<void>;
}

/**
 * Reads a stream with one buffer that goes back and forth, which takes all
 * that has arrived at once (a plain reader: 4 KiB) and allocates nothing a
 * chunk. Measured in a reader loop: a quarter less CPU for bursts. A stream
 * that is not one of bytes (made in JavaScript) is read as it is.
 */
export function byteReader(stream: ReadableStream<Uint8Array>): ByteReader {
  try {
    return new BufferReader(stream.getReader({ mode: "byob" }));
  } catch (thrown) {
    if (thrown instanceof TypeError && !stream.locked) return stream.getReader();
    throw thrown;
  }
}

class BufferReader implements ByteReader {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer: ArrayBufferLike = new ArrayBuffer(READ_BYTES);

  constructor(reader: ReadableStreamBYOBReader) {
    this.#reader = reader;
  }

  async read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    const result: ReadableStreamReadResult<Uint8Array> = await this.#reader.read(new Uint8Array(this.#buffer));
    if (!result.done) this.#buffer = result.value.buffer;
    return result;
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}
