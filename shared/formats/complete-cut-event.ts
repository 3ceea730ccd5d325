import type { ApiError } from "../errors.ts";
import { errorBody, errorEvent } from "./error-body.ts";
import { completeObject } from "./half-json.ts";
import { isDone, SSE_DONE, type UnfinishedEvent } from "./sse.ts";

const DONE = "[DONE]";

/**
 * What to send after a stream whose bytes went to the client natively and
 * stopped in the middle of an event, so that the client reads an error.
 * After `{"id":"x","choices":[{"del` that is `ta":null}],"choices":null,"error":{…}}`:
 * of a repeated key the last one counts, so nothing of the half chunk is left.
 */
export function cutEventEnding(unfinished: UnfinishedEvent, error: ApiError): string {
  const { line, data } = unfinished;
  const value = dataValue(line);
  if (data === null && value === null) return toDataValue(line) + errorEvent(error).slice("data: ".length);
  // A line of data that has not come is one more line end between the tokens.
  const half = [data, value ?? ""].filter((part) => part !== null).join("\n");
  const { error: body } = errorBody(error);
  const ending = completeObject(half, `"choices":null,"error":${JSON.stringify(body)}`);
  // A whole event without its blank line, or no JSON.
  if (ending === null) return toBlankLine(unfinished) + errorEvent(error);
  return `${value === null ? toDataValue(line) : ""}${ending}\n\n`;
}

/** What ends a stream whose answer was whole but whose `data: [DONE]` did not come, or not all of it. */
export function missingDone(unfinished: UnfinishedEvent): string {
  const { line, data } = unfinished;
  const value = dataValue(line)?.trim() ?? null;
  if (data === null && value === null) return `${toDataValue(line)}${DONE}\n\n`;
  if (data === null && value !== null && DONE.startsWith(value)) return `${DONE.slice(value.length)}\n\n`;
  return toBlankLine(unfinished) + (data !== null && isDone(data) ? "" : SSE_DONE);
}

/** What has come of the value of a line of data; null while the line is not known to be one. */
function dataValue(line: string): string | null {
  return line.startsWith("data:") ? line.slice(line[5] === " " ? 6 : 5) : null;
}

/** What leads from a line without a data value to the beginning of one: "da" → "ta: ", ": ping" → "\ndata: ". */
function toDataValue(line: string): string {
  return "data:".startsWith(line) ? "data: ".slice(line.length) : "\ndata: ";
}

/** The line ends that end an event of which something has come. */
function toBlankLine({ line, afterCr }: UnfinishedEvent): string {
  return line === "" && !afterCr ? "\n" : "\n\n";
}
