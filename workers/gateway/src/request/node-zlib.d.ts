/** What `decode.ts` uses of workerd's node:zlib; Node's own types would bring its globals with them. */
declare module "node:zlib" {
  interface DecodeOptions {
    /** Bytes; what is larger throws a RangeError. */
    maxOutputLength: number;
    params?: Readonly<Record<number, number>>;
  }

  type Decode = (bytes: Uint8Array, options: DecodeOptions) => Uint8Array;

  export const gunzipSync: Decode;
  export const inflateSync: Decode;
  export const brotliDecompressSync: Decode;
  export const zstdDecompressSync: Decode;
}
