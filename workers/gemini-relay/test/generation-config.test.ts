import type { JsonObject } from "@ai-proxy/shared/json";
import { describe, expect, test } from "vitest";
import { modelPath, modelTraits } from "../src/model.ts";
import { ask, ignoredBy, refusal, refused } from "./helpers.ts";

const config = (body: JsonObject, model?: string) => ask(body, model).generationConfig;

describe("parameters", () => {
  test.each<[JsonObject, JsonObject | undefined]>([
    [{ temperature: 0 }, { temperature: 0 }],
    [
      { top_p: 0.9, top_k: 40 },
      { topP: 0.9, topK: 40 },
    ],
    [{ max_tokens: 5 }, { maxOutputTokens: 5 }],
    [{ max_tokens: 2 ** 31 - 1 }, { maxOutputTokens: 2 ** 31 - 1 }],
    [{ max_tokens: 5, max_completion_tokens: 7 }, { maxOutputTokens: 7 }],
    [{ stop: "x" }, { stopSequences: ["x"] }],
    [{ stop: ["x", "", "y"] }, { stopSequences: ["x", "y"] }],
    [{ stop: ["a", "b", "c", "d", "e"] }, { stopSequences: ["a", "b", "c", "d", "e"] }],
    [{ stop: "" }, undefined],
    [{ n: 1 }, undefined],
    [{ n: 3 }, { candidateCount: 3 }],
    [{ seed: 42 }, { seed: 42 }],
    [{ seed: 2 ** 33 + 5 }, { seed: 5 }],
    [{ seed: 2 ** 63 - 1024 }, { seed: -1024 }],
    [
      { logprobs: true, top_logprobs: 2 },
      { responseLogprobs: true, logprobs: 2 },
    ],
    [{ logprobs: true, top_logprobs: 0 }, { responseLogprobs: true }],
    [{ logprobs: true }, { responseLogprobs: true }],
    [{ logprobs: false, top_logprobs: 0 }, undefined],
    [{ response_format: { type: "text" } }, undefined],
    [{ response_format: { type: "json_object" } }, { responseMimeType: "application/json" }],
    [
      { response_format: { type: "json_object", schema: { type: "object", properties: { a: { const: 1 } } } } },
      {
        responseMimeType: "application/json",
        responseJsonSchema: { type: "object", properties: { a: { enum: [1] } } },
      },
    ],
    [
      { response_format: { type: "json_schema", json_schema: { name: "x", schema: {} } } },
      { responseMimeType: "application/json" },
    ],
    [
      { response_format: { type: "json_schema", json_schema: { name: "x", schema: null } } },
      { responseMimeType: "application/json" },
    ],
    [{ max_tokens: -1 }, undefined],
    [{ max_tokens: 9, max_completion_tokens: -1 }, undefined],
    [{ modalities: null }, undefined],
    [{ modalities: ["text"] }, undefined],
    [{ google: { speech_config: { languageCode: "de" } } }, { speechConfig: { languageCode: "de" } }],
    [{ modalities: ["text", "image"] }, { responseModalities: ["TEXT", "IMAGE"] }],
    [{ temperature: null, stop: null, n: null, response_format: null, reasoning_effort: null }, undefined],
  ])("%j", (body, expected) => {
    expect(config(body)).toEqual(expected);
  });

  test("a schema for the answer goes as JSON Schema, with its description", () => {
    const schema = { type: "object", properties: { a: { const: 1 } }, additionalProperties: false };
    expect(
      config({
        response_format: { type: "json_schema", json_schema: { name: "x", strict: true, description: "d", schema } },
      }),
    ).toEqual({
      responseMimeType: "application/json",
      responseJsonSchema: {
        type: "object",
        properties: { a: { enum: [1] } },
        additionalProperties: false,
        description: "d",
      },
    });
    expect(config({ response_format: { type: "json_schema", json_schema: { name: "x" } } })).toEqual({
      responseMimeType: "application/json",
    });
  });

  test("penalties are sent to models that take them; thinking models refuse them, so there they are ignored and said to be", () => {
    const body = { presence_penalty: 0.5, frequency_penalty: 0 };
    expect(config(body, "gemini-2.0-flash")).toEqual({ presencePenalty: 0.5, frequencyPenalty: 0 });
    expect(config(body)).toBeUndefined();
    expect(ignoredBy(body)).toEqual(["presence_penalty"]);
  });

  const schemaFormat = (json_schema?: unknown) => ({ response_format: { type: "json_schema", json_schema } });
  test.each<[JsonObject, string, string]>([
    [{ temperature: "hot" }, "temperature", "invalid_type"],
    [{ max_tokens: 0 }, "max_tokens", "invalid_value"],
    [{ max_completion_tokens: -2 }, "max_completion_tokens", "invalid_value"],
    [{ max_tokens: 1.5 }, "max_tokens", "invalid_value"],
    [{ max_tokens: 2 ** 31 }, "max_tokens", "invalid_value"],
    [{ stop: ["a", "b", "c", "d", "e", "f"] }, "stop", "array_above_max_length"],
    [{ stop: [7] }, "stop", "invalid_type"],
    [{ n: 9 }, "n", "invalid_value"],
    [{ top_logprobs: 3 }, "top_logprobs", "invalid_value"],
    [{ logprobs: true, top_logprobs: 21 }, "top_logprobs", "invalid_value"],
    [{ response_format: "json" }, "response_format", "invalid_type"],
    [{ response_format: { type: "yaml" } }, "response_format.type", "invalid_value"],
    [schemaFormat({ schema: "x" }), "response_format.json_schema.schema", "invalid_type"],
    [{ response_format: { type: "json_object", schema: "x" } }, "response_format.schema", "invalid_type"],
    [
      schemaFormat({ description: 7, schema: { type: "object" } }),
      "response_format.json_schema.description",
      "invalid_type",
    ],
    [schemaFormat(), "response_format.json_schema", "missing_required_parameter"],
    [schemaFormat("x"), "response_format.json_schema", "invalid_type"],
    [{ reasoning_effort: "enormous" }, "reasoning_effort", "invalid_value"],
    [{ reasoning_effort: 1 }, "reasoning_effort", "invalid_value"],
    [{ modalities: "text" }, "modalities", "invalid_type"],
    [{ modalities: ["smell"] }, "modalities[0]", "invalid_value"],
    [{ modalities: [null] }, "modalities[0]", "invalid_value"],
    [{ modalities: ["text", "audio"], audio: { voice: "alloy", format: "wav" } }, "modalities", "unsupported_value"],
    [{ service_tier: "first-class" }, "service_tier", "invalid_value"],
    [{ service_tier: 1 }, "service_tier", "invalid_value"],
    [{ logprobs: 3 }, "logprobs", "invalid_type"],
    [{ logit_bias: { 5: 1 } }, "logit_bias", "unsupported_parameter"],
    [{ moderation: { model: "x" } }, "moderation", "unsupported_parameter"],
    [{ seed: 1e19 }, "seed", "invalid_value"],
    [{ store: "yes" }, "store", "invalid_type"],
    [{ web_search_options: true }, "web_search_options", "invalid_type"],
    [{ extra_body: "x" }, "extra_body", "invalid_type"],
    [{ google: 7 }, "google", "invalid_type"],
    [{ extra_body: { google: 7 } }, "extra_body.google", "invalid_type"],
    [{ extra_body: { google: { colour: 1 } } }, "extra_body.google.colour", "unknown_parameter"],
    [{ google: { cached_content: 7 } }, "google.cached_content", "invalid_type"],
    [{ google: { tools: {} } }, "google.tools", "invalid_type"],
    [{ google: { tools: [7] } }, "google.tools", "invalid_type"],
    [{ google: { response_modalities: [7] } }, "google.response_modalities", "invalid_type"],
    [
      { google: { include_server_side_tool_invocations: "yes" } },
      "google.include_server_side_tool_invocations",
      "invalid_type",
    ],
    [
      { google: { thinking_config: { thinking_budget: 1, thinking_level: "low" } } },
      "google.thinking_config",
      "invalid_type",
    ],
  ])("%j is a clear 400, not dropped in silence", (body, param, code) => {
    expect(refused(body)).toMatchObject({ status: 400, param, code });
  });

  test("what Gemini has nothing for is ignored and named, except where it is what Gemini does anyway", () => {
    expect(
      ignoredBy({
        user: "u",
        metadata: { a: "b" },
        parallel_tool_calls: false,
        whatever: 1,
        logit_bias: {},
        store: false,
        provider: "gemini",
        verbosity: null,
      }),
    ).toEqual(["user", "metadata", "parallel_tool_calls", "whatever"]);
    expect(ignoredBy({ parallel_tool_calls: true })).toEqual([]);
  });

  test("our own fields never reach Gemini", () => {
    const sent = JSON.stringify(
      ask({ provider: "gemini", fallbacks: ["openai/x"], routing: {}, model: "m", stream: true, stream_options: {} }),
    );
    expect(sent).toBe('{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}');
  });

  test("tier and logging choice are Gemini's own", () => {
    expect(ask({ service_tier: "default", store: false })).toMatchObject({ serviceTier: "standard", store: false });
    for (const service_tier of ["auto", null]) {
      expect(ask({ service_tier }).serviceTier).toBeUndefined();
      expect(ignoredBy({ service_tier })).toEqual([]);
    }
    expect(ask({ service_tier: "scale" }).serviceTier).toBeUndefined();
    expect(ignoredBy({ service_tier: "scale" })).toEqual(["service_tier"]);
  });

  test("a voice is ignored and named where no audio is asked for", () => {
    const audio = { voice: "Kore", format: "pcm16" };
    expect(ignoredBy({ audio })).toEqual(["audio"]);
    expect(ignoredBy({ audio, modalities: ["text"] })).toEqual(["audio"]);
    expect(ignoredBy({ audio: {} })).toEqual([]);
    expect(ignoredBy({ audio, modalities: ["audio"] }, "gemini-2.5-flash-preview-tts")).toEqual([]);
  });

  test("a voice that is no name is a 400, not another voice", () => {
    const body = { modalities: ["audio"], audio: { voice: { id: "v" }, format: "pcm16" } };
    expect(refused(body, "gemini-2.5-flash-preview-tts")).toMatchObject({ status: 400, param: "audio.voice" });
  });

  test("speech models answer in pcm16 with the voice asked for", () => {
    const body = { modalities: ["text", "audio"], audio: { voice: "Kore", format: "pcm16" } };
    expect(config(body, "gemini-2.5-flash-preview-tts")).toEqual({
      responseModalities: ["AUDIO"],
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } },
    });
    expect(refused({ ...body, audio: { format: "mp3" } }, "gemini-2.5-flash-preview-tts")).toMatchObject({
      param: "audio.format",
      code: "unsupported_value",
    });
    expect(config({ modalities: ["audio"] }, "gemini-2.5-flash-preview-tts")).toStrictEqual({
      responseModalities: ["AUDIO"],
    });
  });
});

describe("thinking", () => {
  const thinks = (reasoning_effort: string, model: string) => config({ reasoning_effort }, model)?.["thinkingConfig"];

  test.each([
    ["gemini-2.5-flash", "none", { thinkingBudget: 0 }],
    ["gemini-2.5-flash", "low", { thinkingBudget: 1_024, includeThoughts: true }],
    ["gemini-2.5-flash", "medium", { thinkingBudget: 8_192, includeThoughts: true }],
    ["gemini-2.5-flash", "high", { thinkingBudget: 24_576, includeThoughts: true }],
    ["gemini-2.5-flash", "max", { thinkingBudget: 24_576, includeThoughts: true }],
    ["gemini-2.5-flash", "minimal", { thinkingBudget: 1_024, includeThoughts: true }],
    ["gemini-2.5-pro", "none", { thinkingBudget: 128 }],
    ["gemini-2.5-pro", "xhigh", { thinkingBudget: 32_768, includeThoughts: true }],
    ["gemini-3-flash-preview", "none", { thinkingLevel: "MINIMAL" }],
    ["gemini-3-flash-preview", "medium", { thinkingLevel: "MEDIUM", includeThoughts: true }],
    ["gemini-3.6-flash", "none", { thinkingLevel: "MINIMAL" }],
    ["gemini-3.7-flash", "none", { thinkingLevel: "LOW" }],
    ["gemini-3.7-flash", "medium", { thinkingLevel: "MEDIUM", includeThoughts: true }],
    ["gemini-3-pro-preview", "none", { thinkingLevel: "LOW" }],
    ["gemini-3-pro-preview", "medium", { thinkingLevel: "HIGH", includeThoughts: true }],
    ["gemini-3.1-pro-preview", "none", { thinkingLevel: "LOW" }],
    ["gemini-3.1-pro-preview", "high", { thinkingLevel: "HIGH", includeThoughts: true }],
    ["gemini-3.1-pro-preview", "medium", { thinkingLevel: "MEDIUM", includeThoughts: true }],
    ["gemini-3.8-flash", "minimal", { thinkingLevel: "LOW", includeThoughts: true }],
    ["gemini-3.8-flash", "max", { thinkingLevel: "HIGH", includeThoughts: true }],
    ["gemini-3.5-flash-lite", "minimal", { thinkingLevel: "MINIMAL", includeThoughts: true }],
    ["gemini-flash-latest", "minimal", { thinkingLevel: "LOW", includeThoughts: true }],
    ["gemini-robotics-er-1.6-preview", "none", { thinkingLevel: "MINIMAL" }],
    ["gemini-robotics-er-1.5-preview", "none", { thinkingBudget: 0 }],
    ["gemini-robotics-er-2-preview", "none", { thinkingLevel: "LOW" }],
    ["gemma-4-31b-it", "none", { thinkingLevel: "MINIMAL" }],
    ["models/gemma-4-26b-a4b-it", "low", { thinkingLevel: "HIGH", includeThoughts: true }],
    ["gemini-3.5-flash", "none", { thinkingLevel: "MINIMAL" }],
    ["gemini-4-flash", "low", { thinkingLevel: "LOW", includeThoughts: true }],
  ])("%s with effort %s", (model, effort, expected) => {
    expect(thinks(effort, model)).toEqual(expected);
  });

  test("models that do not think ignore it, and say so", () => {
    expect(thinks("low", "gemini-2.0-flash")).toBeUndefined();
    expect(ignoredBy({ reasoning_effort: "low" }, "gemma-3-27b-it")).toEqual(["reasoning_effort"]);
  });

  test("Google's own thinking_config wins, in any of the places SDKs put it", () => {
    const google = { thinking_config: { thinking_budget: 5, include_thoughts: false } };
    for (const body of [{ google }, { extra_body: { google } }, { extra_body: { extra_body: { google } } }]) {
      expect(config({ ...body, reasoning_effort: "high" })).toEqual({
        thinkingConfig: { thinkingBudget: 5, includeThoughts: false },
      });
      expect(ignoredBy({ ...body, reasoning_effort: "high" })).toEqual(["reasoning_effort"]);
      expect(ignoredBy({ ...body, reasoning_effort: null })).toEqual([]);
    }
  });

  test.each([
    [{ thinking_budget: 5, thinking_level: null }, { thinkingBudget: 5 }],
    [{ thinking_budget: null, thinking_level: "low" }, { thinkingLevel: "LOW" }],
    [
      { thinking_budget: null, include_thoughts: null },
      { thinkingBudget: 24_576, includeThoughts: true },
    ],
  ])("null counts as absent in thinking_config, as Python's types write it: %j", (thinking_config, thinkingConfig) => {
    expect(config({ google: { thinking_config }, reasoning_effort: "high" })).toEqual({ thinkingConfig });
  });

  test("a thinking_config that does not say how much leaves that to reasoning_effort", () => {
    const google = { thinking_config: { include_thoughts: false, some_day: 1 } };
    expect(config({ google, reasoning_effort: "low" })).toEqual({
      thinkingConfig: { thinkingBudget: 1_024, includeThoughts: false, someDay: 1 },
    });
    expect(ignoredBy({ google, reasoning_effort: "low" })).toEqual([]);
  });
});

test("a thinking_level is Gemini's, in any case of letters", () => {
  expect(config({ google: { thinking_config: { thinking_level: "low" } } }, "gemini-3.8-flash")).toEqual({
    thinkingConfig: { thinkingLevel: "LOW" },
  });
});

describe("Google's own options", () => {
  test("tools, cached content, safety settings and the rest reach their places", () => {
    const google = {
      tools: [{ google_search: {} }, { codeExecution: {} }, { url_context: {} }],
      cached_content: "cachedContents/1",
      safety_settings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
      retrieval_config: { languageCode: "de" },
      include_server_side_tool_invocations: true,
      response_modalities: ["IMAGE"],
      image_config: { aspectRatio: "16:9" },
      media_resolution: "MEDIA_RESOLUTION_LOW",
    };
    expect(ask({ extra_body: { google } })).toMatchObject({
      tools: [{ google_search: {} }, { codeExecution: {} }, { url_context: {} }],
      toolConfig: { retrievalConfig: { languageCode: "de" }, includeServerSideToolInvocations: true },
      cachedContent: "cachedContents/1",
      safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
      generationConfig: {
        responseModalities: ["IMAGE"],
        imageConfig: { aspectRatio: "16:9" },
        mediaResolution: "MEDIA_RESOLUTION_LOW",
      },
    });
  });
});

test("what extra_body holds for others is named, and so is how Google's own endpoint tags thoughts", () => {
  expect(ignoredBy({ extra_body: { cache: true } })).toEqual(["extra_body"]);
  expect(ignoredBy({ extra_body: { extra_body: { cache: true } } })).toEqual(["extra_body"]);
  expect(ignoredBy({ extra_body: { google: { thought_tag_marker: "think" } } })).toEqual(["thought_tag_marker"]);
});

describe("models", () => {
  test("an id as Google lists it has the traits of its model", () => {
    expect(modelTraits("models/gemini-3.8-flash")).toEqual(modelTraits("gemini-3.8-flash"));
  });

  test.each([
    ["gemini-2.5-flash", "models/gemini-2.5-flash"],
    ["models/gemini-2.5-flash", "models/gemini-2.5-flash"],
    ["tunedModels/my-1", "tunedModels/my-1"],
  ])("%s is called at %s", (model, path) => {
    expect(modelPath(model)).toBe(path);
  });

  test.each(["../files", "a/b", "x%23", "a?b", "a#b", "", "models/", "a..b", "models/../x", "x\ny", "é"])(
    "%j never becomes part of a URL",
    (model) => {
      expect(refusal(() => modelPath(model))).toMatchObject({ status: 404, code: "model_not_found", param: "model" });
    },
  );

  test.each(["gemma-5-27b", "my-tuned-model", "gemini-exp"])(
    "%s, unknown, gets nothing that it might refuse",
    (model) => {
      expect(modelTraits(model)).toMatchObject({ thinking: null, needsSignatures: false, takesCallIds: false });
    },
  );

  test.each([
    ["gemini-robotics-er-1.6-preview", true],
    ["gemini-robotics-er-2-preview", true],
    ["gemini-robotics-er-1.5-preview", false],
    ["gemma-4-31b-it", false],
  ])("%s, whose name does not say its generation, needs what Gemini 3 needs: %j", (model, needs) => {
    expect(modelTraits(model)).toMatchObject({ takesCallIds: needs, needsSignatures: needs, takesInstructions: true });
  });
});
