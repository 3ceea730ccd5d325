/**
 * What providers say of a prompt that is longer than the model takes, each with who says so. Words have spaces where
 * names have underscores: an error about a field `context_length` or a tool `get_context_window` is none.
 * Sources: earendil-works/pi packages/ai/src/utils/overflow.ts, BerriAI/litellm exception_mapping_utils.py and the
 * providers named here. Each pattern is linear: what it looks over is bounded.
 */
const OVERFLOWS: readonly RegExp[] = [
  // Codes and types: OpenAI; llama.cpp; GitHub Models; a LiteLLM in between.
  /\b(?:context_length_exceeded|exceed_context_size_error|tokens_limit_reached)\b|\bContextWindowExceededError\b/,
  // OpenAI, vLLM, SGLang, OpenRouter, Fireworks: "maximum context length is 8192 tokens". Mistral: "for model with 32768 maximum context".
  /max(?:imum)? context (?:length|window|size|limit)|for model with [\d,]+ maximum context\b/i,
  // OpenAI's "exceeds the context window", llama.cpp's "… available context size", LM Studio's "greater than …", Together's
  // "must be less than …", Workers AI's "exceeded this model context window limit", Anthropic's "exceed context limit".
  /(?:exceed(?:s|ed)?|(?:longer|greater|larger|less) than)\b.{0,40}\bcontext (?:length|window|size|limit)\b/i,
  // MiniMax's "context window exceeds limit", LM Studio's "context size has been exceeded" and "context length of only 4096 tokens".
  /\bcontext (?:length|window|size)\b.{0,20}\b(?:exceed(?:s|ed)?|overflow(?:s|ed)?)\b|\bcontext length (?:of|is) only \d/i,
  // xAI's "maximum prompt length is 131072", vLLM's "longer than the maximum model length of 32768", OpenRouter's
  // "maximum allowed input length of 131072 tokens", Bedrock's "maximum input length is …".
  /maximum (?:prompt|model|(?:allowed )?input) length (?:is|of) [\d,]+/i,
  // SiliconFlow's "length of prompt_tokens (235121) must be less than max_seq_len", exllama's "exceeds max_seq_len".
  /(?:exceeds|less than|greater than) (?:the )?max_(?:seq|model)_len\b/i,
  // Anthropic, Fireworks; Ollama, exllama; Baidu; Bedrock; Z.ai.
  /\bprompt (?:is |tokens )?too long\b|\binput is too long for requested model\b|\bprompt exceeds max length\b/i,
  // Gemini, with and without its numbers; OpenAI's "input tokens exceed the configured limit"; GitHub Copilot.
  /exceeds the maximum number of tokens|input tokens exceed the configured limit|prompt token count of [\d,]+ exceeds/i,
  // Text Generation Inference and Text Embeddings Inference.
  /`inputs` (?:tokens \+ `max_new_tokens` must be|must have less than [\d,]+ tokens)/i,
  // DashScope; Moonshot; Cohere.
  /range of input length should be|exceeded model token limit|number of tokens in the prompt cannot exceed/i,
  // Groq and Cerebras ("Current length is 9000 while limit is 8192").
  /reduce the length of the (?:messages|prompt)\b|current length is [\d,]+ while limit is/i,
];

/** Whether an error with these words (message, code, type) says that the prompt is longer than the model takes. */
export function saysContextOverflow(words: string): boolean {
  return OVERFLOWS.some((pattern) => pattern.test(words));
}
