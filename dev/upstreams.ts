import { type Fixture, LLMock, type Mountable, type StreamingProfile } from "@copilotkit/aimock";
import { CHUNK_SIZE, HUMAN_PACE } from "./aimock-reply.ts";
import { sendJson } from "./http.ts";
import { legacyCompletions } from "./offline-completions.ts";
import { offlineEmbeddings } from "./offline-embeddings.ts";
import { offlineGemini } from "./offline-gemini.ts";
import { compatibleFixtures, openaiFixtures } from "./offline-openai.ts";
import { offlineResponses } from "./offline-responses.ts";

/** The running stand-ins of OpenAI, of servers that speak its API, and of Gemini. */
export interface OfflineUpstreams {
  /** For OPENAI_BASE_URL: http://127.0.0.1:<port>/v1 */
  openaiBaseUrl: string;
  /** For the base URLs of UPSTREAMS: as OpenAI's, but it has every model. */
  compatibleBaseUrl: string;
  /** For GEMINI_BASE_URL: http://127.0.0.1:<port>/v1beta */
  geminiBaseUrl: string;
  stop(): Promise<void>;
}

/** Starts them on ephemeral loopback ports. `pace` is how they stream; {} is at once. */
export async function startUpstreams(pace: StreamingProfile = HUMAN_PACE): Promise<OfflineUpstreams> {
  const openai = openaiServer(openaiFixtures(pace), pace).mount("/v1beta", offlineGemini(pace));
  const compatible = openaiServer(compatibleFixtures(pace), pace).mount("/v1/models", noModels);
  const [url, compatibleUrl] = await Promise.all([openai.start(), compatible.start()]);
  return {
    openaiBaseUrl: `${url}/v1`,
    compatibleBaseUrl: `${compatibleUrl}/v1`,
    geminiBaseUrl: `${url}/v1beta`,
    stop: async () => void (await Promise.all([openai.stop(), compatible.stop()])),
  };
}

/** Of a server that has every model the list is empty; aimock would make one up. */
const noModels: Mountable = {
  async handleRequest(_request, response) {
    sendJson(response, 200, { object: "list", data: [] });
    return true;
  },
};

function openaiServer(chats: Fixture[], pace: StreamingProfile): LLMock {
  // A long-lived server: the journal, which nobody reads here, keeps only the last request.
  return new LLMock({ port: 0, chunkSize: CHUNK_SIZE, journalMaxEntries: 1 })
    .addFixtures(chats)
    .mount("/v1/completions", legacyCompletions(pace))
    .mount("/v1/responses", offlineResponses(chats))
    .mount("/v1/embeddings", offlineEmbeddings);
}
