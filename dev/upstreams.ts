import { LLMock, type StreamingProfile } from "@copilotkit/aimock";
import { CHUNK_SIZE, HUMAN_PACE } from "./aimock-reply.ts";
import { legacyCompletions } from "./offline-completions.ts";
import { offlineEmbeddings } from "./offline-embeddings.ts";
import { offlineGemini } from "./offline-gemini.ts";
import { openaiFixtures } from "./offline-openai.ts";

/** The running stand-ins of OpenAI and Gemini. */
export interface OfflineUpstreams {
  /** For OPENAI_BASE_URL: http://127.0.0.1:<port>/v1 */
  openaiBaseUrl: string;
  /** For GEMINI_BASE_URL: http://127.0.0.1:<port>/v1beta */
  geminiBaseUrl: string;
  stop(): Promise<void>;
}

/** Starts both on one ephemeral loopback port. `pace` is how they stream; {} is at once. */
export async function startUpstreams(pace: StreamingProfile = HUMAN_PACE): Promise<OfflineUpstreams> {
  // A long-lived server: the journal, which nobody reads here, keeps only the last request.
  const server = new LLMock({ port: 0, chunkSize: CHUNK_SIZE, journalMaxEntries: 1 });
  server
    .addFixtures(openaiFixtures(pace))
    .mount("/v1/completions", legacyCompletions(pace))
    .mount("/v1/embeddings", offlineEmbeddings)
    .mount("/v1beta", offlineGemini(pace));
  const url = await server.start();
  return { openaiBaseUrl: `${url}/v1`, geminiBaseUrl: `${url}/v1beta`, stop: () => server.stop() };
}
