import type { ServerResponse } from "node:http";
import { json, sse, type UpstreamRequest } from "./upstream.ts";

/** Plain answers of the three providers, each in its own format, for tests that are about something else. */

const usage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 };

/** Answers as the provider whose path was called: "Hello from <provider>", or a tool call when tools were sent. */
export async function answerAsProvider(request: UpstreamRequest, response: ServerResponse): Promise<void> {
  if (request.url.startsWith("/gemini/")) return gemini(request, response);
  if (request.url.startsWith("/ai/")) return workersAi(request, response);
  return openai(request, response);
}

async function openai({ body, url }: UpstreamRequest, response: ServerResponse): Promise<void> {
  const head = { id: "chatcmpl-1", created: 1_700_000_000, model: body.model };
  if (url.endsWith("/embeddings")) {
    const data = [body.input].flat().map((_, index) => ({ object: "embedding", index, embedding: [0.5, -0.25] }));
    return json(response, 200, {
      object: "list",
      data,
      model: body.model,
      usage: { prompt_tokens: 2, total_tokens: 2 },
    });
  }
  if (url.endsWith("/chat/completions")) {
    const call = {
      id: "call_1",
      type: "function",
      function: { name: body.tools?.[0]?.function.name, arguments: '{"city":"Oslo"}' },
    };
    const text = structured(body) ?? "Hello from openai";
    const message = body.tools
      ? { role: "assistant", content: null, refusal: null, tool_calls: [call] }
      : { role: "assistant", content: text, refusal: null };
    const finish_reason = body.tools ? "tool_calls" : "stop";
    if (!body.stream) {
      const choices = [{ index: 0, message, logprobs: null, finish_reason }];
      return json(response, 200, { ...head, object: "chat.completion", choices, usage });
    }
    const chunk = (delta: unknown, finish: string | null = null) => ({
      ...head,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    });
    const deltas = body.tools
      ? [
          {
            role: "assistant",
            content: null,
            tool_calls: [{ index: 0, ...call, function: { name: call.function.name, arguments: "" } }],
          },
          { tool_calls: [{ index: 0, function: { arguments: call.function.arguments } }] },
        ]
      : [{ role: "assistant", content: "", refusal: null }, { content: text.slice(0, 6) }, { content: text.slice(6) }];
    const last = body.stream_options?.include_usage
      ? [{ ...head, object: "chat.completion.chunk", choices: [], usage }]
      : [];
    return sse(response, [...deltas.map((delta) => chunk(delta)), chunk({}, finish_reason), ...last, "[DONE]"]);
  }
  const choices = [body.prompt].flat().map((prompt, index) => ({
    index,
    text: `${body.echo ? prompt : ""} completed by openai`,
    logprobs: null,
    finish_reason: "stop",
  }));
  if (!body.stream) return json(response, 200, { ...head, id: "cmpl-1", object: "text_completion", choices, usage });
  return sse(response, [
    ...choices.map((choice) => ({ ...head, id: "cmpl-1", object: "text_completion", choices: [choice] })),
    "[DONE]",
  ]);
}

async function gemini({ body, url }: UpstreamRequest, response: ServerResponse): Promise<void> {
  if (url.includes(":batchEmbedContents")) {
    return json(response, 200, { embeddings: body.requests.map(() => ({ values: [0.5, -0.25] })) });
  }
  const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 3, totalTokenCount: 8 };
  const name = body.tools?.[0]?.functionDeclarations?.[0]?.name;
  const wantsJson = body.generationConfig?.responseMimeType === "application/json";
  const parts = name
    ? [[{ functionCall: { name, args: { city: "Oslo" } } }]]
    : wantsJson
      ? [[{ text: STRUCTURED }]]
      : [[{ text: "Hello " }], [{ text: "from gemini" }]];
  const chunk = (content: unknown, last: boolean) => ({
    candidates: [{ index: 0, content: { role: "model", parts: content }, ...(last && { finishReason: "STOP" }) }],
    usageMetadata,
    modelVersion: "gemini-test-001",
  });
  if (!url.includes("streamGenerateContent")) return json(response, 200, chunk(parts.flat(), true));
  return sse(
    response,
    parts.map((content, at) => chunk(content, at === parts.length - 1)),
  );
}

async function workersAi({ body }: UpstreamRequest, response: ServerResponse): Promise<void> {
  const { inputs } = body;
  if (inputs.text)
    return json(response, 200, { shape: [1, 2], data: [inputs.text].flat().map(() => [0.5, -0.25]), pooling: "mean" });
  if (inputs.stream && inputs.response_format) {
    const message = "AiError: JSON Schema mode is not supported with stream mode.";
    return json(response, 400, { errors: [{ code: 5023, message }], success: false });
  }
  const name = inputs.tools?.[0]?.function?.name ?? inputs.tools?.[0]?.name;
  const tool_calls = name ? [{ name, arguments: { city: "Oslo" } }] : [];
  const text = name ? "" : inputs.response_format ? STRUCTURED : "Hello from cloudflare";
  if (!inputs.stream) return json(response, 200, { response: text, tool_calls, usage });
  return sse(response, [
    ...(name
      ? [{ response: "", tool_calls, p: "abc" }]
      : [
          { response: text.slice(0, 6), p: "abcd" },
          { response: text.slice(6), p: "ab" },
        ]),
    { response: "", usage },
    "[DONE]",
  ]);
}

const STRUCTURED = '{"city":"Oslo","population":700000}';

function structured(body: { response_format?: { type: string } }): string | undefined {
  return body.response_format === undefined || body.response_format.type === "text" ? undefined : STRUCTURED;
}
