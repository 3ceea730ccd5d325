/** `[0.5, -2]` → base64 of 32-bit floats, little-endian, as OpenAI's SDKs read `encoding_format: "base64"`. */
export function toBase64Vector(vector: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(4 * vector.length));
  for (const [at, value] of vector.entries()) view.setFloat32(4 * at, value, true);
  let binary = "";
  for (const byte of new Uint8Array(view.buffer)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
