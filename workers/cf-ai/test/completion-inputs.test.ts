import { expect, test } from "vitest";
import { completionInputs } from "../src/completion-inputs.ts";

const chat = { messages: [{ role: "user", content: "Once upon" }], temperature: 0, raw: true, stop: "\n" };
const inputs = (model: string) => completionInputs(chat, { model, stream: true, text: JSON.stringify(chat) });

test("a model that takes a prompt gets it, with everything else", () => {
  expect(inputs("@cf/meta/llama-4-scout-17b-16e-instruct")).toMatchObject({
    prompt: "Once upon",
    temperature: 0,
    raw: true,
    stop: "\n",
    stream: true,
  });
  expect(inputs("@cf/meta/llama-4-scout-17b-16e-instruct")).not.toHaveProperty("messages");
});

test.each(["@cf/openai/gpt-oss-20b", "@cf/meta/llama-guard-3-8b", "openai/gpt-5"])(
  "a model that takes none gets a chat of one message: %s",
  (model) => {
    expect(inputs(model)).toMatchObject({ messages: [{ role: "user", content: "Once upon" }] });
    expect(inputs(model)).not.toHaveProperty("prompt");
  },
);
