import { expect, test } from "vitest";
import { saysContextOverflow } from "../upstream/context-overflow.ts";

test.each([
  ["OpenAI", "400 context_length_exceeded"],
  ["OpenAI", "This model's maximum context length is 8192 tokens. However, your messages resulted in 8545 tokens."],
  ["OpenAI", "Your input exceeds the context window of this model. Please adjust your input and try again."],
  ["OpenAI", "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens."],
  ["LiteLLM", "litellm.ContextWindowExceededError: OpenAIException - too much"],
  ["GitHub Models", "tokens_limit_reached Request body too large for gpt-4o model."],
  ["GitHub Copilot", "prompt token count of 130000 exceeds the limit of 128000"],
  ["Anthropic", "prompt is too long: 213462 tokens > 200000 maximum"],
  ["Anthropic", "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000"],
  ["Fireworks", "The prompt is too long: 300000, model maximum context length: 131071"],
  ["Bedrock", "Input is too long for requested model."],
  ["Gemini", "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575)."],
  ["Gemini", "The input token count exceeds the maximum number of tokens allowed 1048576."],
  ["xAI", "This model's maximum prompt length is 131072 but the request contains 136973 tokens"],
  ["OpenRouter", "Input length 153600 exceeds the maximum allowed input length of 131072 tokens"],
  ["SGLang", "The input (265330 tokens) is longer than the model's context length (262144 tokens)."],
  ["SGLang", "Requested token count exceeds the model's maximum context length of 131072 tokens"],
  ["vLLM", "The decoder prompt (length 40977) is longer than the maximum model length of 32768."],
  ["Together", "Input token count + max_tokens parameter must be less than the context length of the model"],
  ["Workers AI", "The estimated number of tokens (139704) exceeded this model context window limit (80000)."],
  ["llama.cpp", "exceed_context_size_error"],
  ["llama.cpp", "the request exceeds the available context size, try increasing it"],
  ["LM Studio", "The number of tokens to keep from the initial prompt is greater than the context length"],
  ["LM Studio", "Context size has been exceeded."],
  ["LM Studio", "However, the model is loaded with context length of only 4096 tokens, which is not enough."],
  ["MiniMax", "invalid params, context window exceeds limit (2013)"],
  ["Ollama", "prompt too long; exceeded max context length by 8 tokens"],
  ["exllama", "Prompt too long: 40000 tokens exceeds max_seq_len of 32768"],
  ["SiliconFlow", "length of prompt_tokens (235121) must be less than max_seq_len (65536)."],
  ["Baidu", "error_code: 336103, error_msg: Prompt tokens too long"],
  ["Mistral", "Prompt contains 150000 tokens, too large for model with 128000 maximum context length"],
  ["Moonshot", "Invalid request: Your request exceeded model token limit: 8192"],
  ["DashScope", "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30000]"],
  ["Z.ai", "Prompt exceeds max length"],
  ["TGI", "`inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5013"],
  ["TEI", "Input validation error: `inputs` must have less than 512 tokens. Given: 600"],
  ["Cohere", "too many tokens: total number of tokens in the prompt cannot exceed 8192 - received 9000."],
  ["Groq", "Please reduce the length of the messages or completion."],
  ["Cerebras", "Please reduce the length. Current length is 9000 while limit is 8192"],
])("%s: %s", (_vendor, words) => {
  expect(saysContextOverflow(words)).toBe(true);
});

test.each([
  "Unrecognized request argument supplied: context_length",
  "Unknown parameter: 'max_context_window'.",
  "Unrecognized request argument supplied: max_seq_len",
  "Invalid 'tools[0].function': get_context_window has no parameters.",
  "Tool get_context_window: the description exceeds 1024 characters",
  "The tool 'set_context_size' was called with more than the maximum number of arguments",
  // Groq, of a limit of the answer.
  "`max_tokens` must be less than or equal to `8192`, which is less than the `context_window` for this model",
  "max_tokens is too large: 5000. This model supports at most 4096 completion tokens.",
  "Invalid 'user': string too long. Expected a string with maximum length 64, but got a string with length 72 instead.",
  "Invalid 'messages': array too long. Expected an array with maximum length 2048.",
  "Tokens per minute limit exceeded - too many tokens processed.",
  "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000",
  "The maximum prompt length setting is not supported",
  "",
])("not: %s", (words) => {
  expect(saysContextOverflow(words)).toBe(false);
});

test("words of any length are read in no time", () => {
  for (const part of ["exceeds ", "context length ", "maximum input length "]) {
    expect(saysContextOverflow(part.repeat(100_000))).toBeTypeOf("boolean");
  }
});
