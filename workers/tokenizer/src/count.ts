import { textCounter } from "./counting.ts";
import { tokenModel } from "./models.ts";
import { inTurns } from "./turns.ts";

/** Tokens of each text for the model, in order; exact where its encoding is public. */
export async function countTexts(model: string, texts: readonly string[]): Promise<number[]> {
  const counter = await textCounter(tokenModel(model));
  return inTurns(
    (function* () {
      const counts: number[] = [];
      for (const text of texts) counts.push((yield* counter.count(text)).count);
      return counts;
    })(),
  );
}
