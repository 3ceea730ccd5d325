import { expect, test } from "vitest";
import { gemini } from "../registry/gemini.ts";
import { geminiTraits, registeredTraits } from "../registry/gemini-traits.ts";

const chats = gemini.models.filter(({ type, servedBy }) => type === "chat" && servedBy === undefined);

test.each(chats.map(({ id }) => id).filter((id) => /^gemini-\d/.test(id)))(
  "the name of %s makes likely what is registered of it",
  (id) => {
    const { generation, thinkingBudget, reasoningEfforts } = geminiTraits(id);
    // A name that is not registered, of the same kind.
    const likely = geminiTraits(`${id}-001`);
    expect(likely.generation).toBe(generation);
    expect(likely.thinkingBudget).toEqual(thinkingBudget);
    if (thinkingBudget === undefined) expect(likely.reasoningEfforts).toEqual(reasoningEfforts);
  },
);

test("every chat model has its traits, which its entry shows", () => {
  for (const { id, reasoningEfforts } of chats) {
    expect(registeredTraits(id)?.reasoningEfforts, id).toBeDefined();
    expect(reasoningEfforts).toBe(registeredTraits(id)?.reasoningEfforts);
  }
});

test.each([
  ["gemini-robotics-er-1.6-preview", { generation: 3, reasoningEfforts: ["minimal", "low", "medium", "high"] }],
  ["gemma-4-31b-it", { reasoningEfforts: ["minimal", "high"] }],
  ["gemini-2.5-pro", { generation: 2.5, thinkingBudget: { least: 128, most: 32_768 } }],
])("%s is known by its entry, whatever its name says", (id, traits) => {
  expect(geminiTraits(id)).toMatchObject(traits);
});

test.each([
  ["gemini-flash-latest", { generation: 3.8, reasoningEfforts: ["low", "medium", "high"] }],
  ["gemini-3-pro-preview", { generation: 3, reasoningEfforts: ["low", "high"] }],
  ["gemini-3.1-flash-image", { generation: 3.1 }],
  ["gemini-2.0-flash", { generation: 2 }],
  ["gemma-3-27b-it", {}],
])("%s, which is not registered, is judged by its name", (id, traits) => {
  expect(geminiTraits(id)).toEqual(traits);
});
