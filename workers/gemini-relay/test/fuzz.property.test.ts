import { ApiError } from "@ai-proxy/shared/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readEmbeddingRequest } from "../src/embeddings.ts";
import { upstreamError } from "../src/errors.ts";
import { CHAT_FIELDS } from "../src/fields.ts";
import { toGeminiRequest } from "../src/request.ts";
import { complete, play, sse } from "./helpers.ts";

/** Any JSON, with the words that the code looks for in likely places. */
const words = fc.constantFrom(
  ..."user assistant system tool text image_url file input_audio function json_schema object array allowed_tools auto required none STOP SAFETY data:image/png;base64,AA https://x.y/z".split(
    " ",
  ),
);
const keys = fc.constantFrom(
  ..."role content type text tool_calls id function name arguments tool_call_id image_url url file file_data parameters properties items $ref const anyOf extra_content google thought_signature parts functionCall args inlineData mimeType data executableCode code finishReason index groundingMetadata groundingChunks groundingSupports segment logprobsResult chosenCandidates web uri details violations".split(
    " ",
  ),
);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    words,
    fc.constantFrom(null, true, 0, -1, 1.5, "", [], {}),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(keys, tie("json"), { maxKeys: 4 }),
  ),
}));

/** What is thrown must be an ApiError that says so in a status of ours; anything else would be a 500. */
function onlyApiErrors(act: () => unknown, least: number, most: number): void {
  try {
    act();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ApiError);
    if (thrown instanceof ApiError) {
      expect(thrown.status).toBeGreaterThanOrEqual(least);
      expect(thrown.status).toBeLessThanOrEqual(most);
    }
  }
}

const message = fc.dictionary(keys, json, { maxKeys: 4 }).chain((rest) => words.map((role) => ({ ...rest, role })));
const body = fc.record({
  messages: fc.oneof(fc.array(message, { maxLength: 4 }), json),
  fields: fc.dictionary(fc.constantFrom(...CHAT_FIELDS.keys()), json, { maxKeys: 4 }),
  model: fc.constantFrom("gemini-2.5-flash", "gemini-3.8-flash", "gemini-2.0-flash", "gemma-4"),
});

test("whatever a client sends becomes a request or a 400", () => {
  fc.assert(
    fc.property(body, ({ messages, fields, model }) => {
      const text = JSON.stringify({ ...fields, messages });
      onlyApiErrors(() => toGeminiRequest(text, model), 400, 400);
      onlyApiErrors(() => readEmbeddingRequest(text, "models/x"), 400, 400);
    }),
    { numRuns: 2_000 },
  );
});

test("whatever Gemini sends becomes an answer or an error, whole and streamed", () => {
  const candidates = fc.array(
    fc.dictionary(keys, json, { maxKeys: 4 }).chain((rest) => json.map((content) => ({ ...rest, content }))),
    { maxLength: 3 },
  );
  const answer = fc.oneof(
    json,
    fc.record({ candidates, usageMetadata: json, promptFeedback: json, modelVersion: json }),
  );
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 4 }), (answers) => {
      onlyApiErrors(() => complete(answers[0]), 400, 599);
      const run = play(sse(...answers));
      expect(run.done).toBe(run.error === null ? 1 : 0);
      expect(upstreamError({ status: 400, body: JSON.stringify(answers[0]) })).toBeInstanceOf(ApiError);
    }),
    { numRuns: 2_000 },
  );
});
