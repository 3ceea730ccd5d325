import type { ChatCompletionRequest, Fixture, FixtureResponse, StreamingProfile } from "@copilotkit/aimock";
import { openai } from "../shared/registry/openai.ts";
import { toAimock } from "./aimock-reply.ts";
import { replyTo, roughTokens, textOf } from "./replies.ts";
import { schemaOfFormat } from "./schema-of-format.ts";

/**
 * Chats as aimock serves them: a fixture for each model of the registry (they
 * are what /v1/models lists), one for whatever else OpenAI's naming covers, and
 * OpenAI's 404 for the rest.
 */
export function openaiFixtures(pace: StreamingProfile): Fixture[] {
  const known = openai.models.filter(({ type }) => type === "chat").map(({ id }) => id);
  const matches: Fixture["match"][] = [
    ...known.map((model) => ({ model })),
    ...openai.families.map((model) => ({ model })),
  ];
  return [...matches.map((match) => chatFixture(match, pace)), { match: { endpoint: "chat" }, response: unknownModel }];
}

/** The same for a server that has whatever model is asked for. */
export function compatibleFixtures(pace: StreamingProfile): Fixture[] {
  return [chatFixture({}, pace)];
}

function chatFixture(match: Fixture["match"], pace: StreamingProfile): Fixture {
  return { match: { ...match, endpoint: "chat" }, response: answerChat, streamingProfile: pace };
}

function answerChat(request: ChatCompletionRequest): FixtureResponse {
  const { model, messages, tools, tool_choice: toolChoice, response_format: format, stop } = request;
  const reply = replyTo({ model, messages, tools, toolChoice, jsonSchema: schemaOfFormat(format), stop });
  // OpenAI's chat API keeps reasoning to itself.
  delete reply.reasoning;
  const prompt = messages.map(({ content }) => textOf(content)).join("");
  const written = reply.toolCall === undefined ? reply.text : JSON.stringify(reply.toolCall);
  // aimock counts a chat by itself, but no response.
  const usage = { prompt_tokens: roughTokens(prompt), completion_tokens: roughTokens(written) };
  return toAimock(reply, { stream: request.stream === true, usage });
}

function unknownModel({ model }: ChatCompletionRequest): FixtureResponse {
  const message = `The model \`${model}\` does not exist or you do not have access to it.`;
  return { status: 404, error: { message, type: "invalid_request_error", code: "model_not_found" } };
}
