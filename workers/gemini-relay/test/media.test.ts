import { describe, expect, test } from "vitest";
import { ask, ignoredBy, refused } from "./helpers.ts";

const partOf = (part: unknown, model?: string) =>
  ask({ messages: [{ role: "user", content: [part] }] }, model).contents[0]?.parts[0];
const problem = (part: unknown, model?: string) => refused({ messages: [{ role: "user", content: [part] }] }, model);
const image = (url: unknown) => ({ type: "image_url", image_url: { url } });

describe("files in messages", () => {
  test.each([
    ["an image", image("data:image/png;base64,AAAA"), { inlineData: { mimeType: "image/png", data: "AAAA" } }],
    ["image/jpg", image("data:image/jpg;base64,AAAA"), { inlineData: { mimeType: "image/jpeg", data: "AAAA" } }],
    [
      "a charset",
      image("data:text/plain;charset=utf-8;base64,AAAA"),
      { inlineData: { mimeType: "text/plain", data: "AAAA" } },
    ],
    [
      "an image's address",
      image("https://x.y/a.PNG?b=c"),
      { fileData: { fileUri: "https://x.y/a.PNG?b=c", mimeType: "image/png" } },
    ],
    ["an address without an ending", image("https://x.y/a"), { fileData: { fileUri: "https://x.y/a" } }],
    [
      "a short image_url",
      { type: "image_url", image_url: "data:image/png;base64,AAAA" },
      { inlineData: { mimeType: "image/png", data: "AAAA" } },
    ],
    [
      "audio",
      { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
      { inlineData: { mimeType: "audio/mp3", data: "AAAA" } },
    ],
    [
      "a PDF",
      { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" } },
      { inlineData: { mimeType: "application/pdf", data: "AAAA" } },
    ],
    [
      "a bare base64 file",
      { type: "file", file: { filename: "a.csv", file_data: "AAAA" } },
      { inlineData: { mimeType: "text/csv", data: "AAAA" } },
    ],
    [
      "a file of Cloud Storage",
      { type: "file", file: { filename: "v.mp4", file_data: "gs://b/v" } },
      { fileData: { fileUri: "gs://b/v", mimeType: "video/mp4" } },
    ],
    [
      "an uploaded file",
      { type: "file", file: { file_id: "files/abc-1" } },
      { fileData: { fileUri: "https://generativelanguage.googleapis.com/v1beta/files/abc-1" } },
    ],
    [
      "a video",
      { type: "video_url", video_url: { url: "https://x.y/v.mp4" } },
      { fileData: { fileUri: "https://x.y/v.mp4", mimeType: "video/mp4" } },
    ],
    [
      "audio as a data: URL, whose own type is the more exact",
      { type: "input_audio", input_audio: { data: "data:audio/x-m4a;base64,AAAA", format: "wav" } },
      { inlineData: { mimeType: "audio/x-m4a", data: "AAAA" } },
    ],
    [
      "audio as a data: URL alone",
      { type: "input_audio", input_audio: { data: "data:audio/wav;base64,AAAA" } },
      { inlineData: { mimeType: "audio/wav", data: "AAAA" } },
    ],
    [
      "audio by address",
      { type: "input_audio", input_audio: { data: "https://x.y/a", format: "mp3" } },
      { fileData: { fileUri: "https://x.y/a", mimeType: "audio/mp3" } },
    ],
    [
      "a part of a video, of a file",
      {
        type: "file",
        file: {
          file_id: "files/abc-1",
          format: "video/mp4",
          video_metadata: { fps: 5, start_offset: "10s", end_offset: 60.5 },
        },
      },
      {
        fileData: {
          fileUri: "https://generativelanguage.googleapis.com/v1beta/files/abc-1",
          mimeType: "video/mp4",
        },
        videoMetadata: { fps: 5, startOffset: "10s", endOffset: "60.5s" },
      },
    ],
    [
      "a part of a video by its address, its type named",
      { type: "video_url", video_url: { url: "https://x.y/v", format: "video/webm", video_metadata: { fps: 0.5 } } },
      { fileData: { fileUri: "https://x.y/v", mimeType: "video/webm" }, videoMetadata: { fps: 0.5 } },
    ],
    [
      "metadata beside the address, in Google's own names",
      { type: "video_url", video_url: "https://x.y/v.mp4", video_metadata: { startOffset: 3, endOffset: null } },
      { fileData: { fileUri: "https://x.y/v.mp4", mimeType: "video/mp4" }, videoMetadata: { startOffset: "3s" } },
    ],
    [
      "a type that says more than the data: URL",
      { type: "file", file: { file_data: "data:application/octet-stream;base64,AAAA", format: "pdf" } },
      { inlineData: { mimeType: "application/pdf", data: "AAAA" } },
    ],
    [
      "a type beside bare base64",
      { type: "file", file: { file_data: "AAAA", format: "video/mp4", video_metadata: {} } },
      { inlineData: { mimeType: "video/mp4", data: "AAAA" }, videoMetadata: {} },
    ],
    [
      "an image's type",
      { type: "image_url", image_url: { url: "gs://b/i", format: "image/webp" } },
      { fileData: { fileUri: "gs://b/i", mimeType: "image/webp" } },
    ],
  ])("%s reaches Gemini", (_, part, expected) => {
    expect(partOf(part)).toEqual(expected);
  });

  test.each([
    ["image", "png png", "jpeg jpg jpeg", "webp webp", "gif gif", "heic heic", "heif heif"],
    ["audio", "mp3 mp3", "wav wav", "ogg ogg", "flac flac", "aac aac", "aiff aiff"],
    ["video", "mp4 mp4", "quicktime mov", "webm webm", "mpeg mpeg mpg"],
    ["application", "pdf pdf", "json json"],
    ["text", "plain txt md", "csv csv", "html html"],
  ])("the type of a file by address is told by its ending: %s", (kind, ...types) => {
    for (const [type = "", ...endings] of types.map((each) => each.split(" "))) {
      for (const ending of endings) {
        const fileUri = `https://x.y/a.b/file.${ending.toUpperCase()}?v=1.txt#a.md`;
        expect(partOf(image(fileUri))).toEqual({ fileData: { fileUri, mimeType: `${kind}/${type}` } });
      }
    }
    expect(partOf(image("https://x.y/file"))).toStrictEqual({ fileData: { fileUri: "https://x.y/file" } });
  });

  const at = "messages[0].content[0]";
  test.each([
    ["an unknown part", { type: "hologram" }, "type", "invalid_value"],
    ["text that is none", { type: "text", text: 7 }, "text", "missing_required_parameter"],
    ["a refusal that is none", { type: "refusal", text: "x" }, "refusal", "missing_required_parameter"],
    ["an image without address", image(undefined), "image_url.url", "missing_required_parameter"],
    ["data that is not base64", image("data:image/png,AAAA"), "image_url.url", "invalid_value"],
    ["data without a comma", image(`data:image/png;base64${"A".repeat(999)}`), "image_url.url", "invalid_value"],
    ["data without a type", image("data:;base64,AAAA"), "image_url.url", "invalid_value"],
    ["data of an odd type", image("data:image/p g;base64,AAAA"), "image_url.url", "invalid_value"],
    ["an empty image", image("data:image/png;base64,"), "image_url.url", "invalid_value"],
    ["an address of a local file", image("file:///etc/passwd"), "image_url.url", "invalid_value"],
    ["a local file that names another", image("file:///gs://b/https://x.y/files/a"), "image_url.url", "invalid_value"],
    [
      "an address without https, which Google does not read",
      image("http://x.y/a.png"),
      "image_url.url",
      "invalid_value",
    ],
    [
      "audio without a format",
      { type: "input_audio", input_audio: { data: "AAAA" } },
      "input_audio.format",
      "missing_required_parameter",
    ],
    [
      "audio of an odd format",
      { type: "input_audio", input_audio: { data: "AAAA", format: "mp3;x" } },
      "input_audio.format",
      "missing_required_parameter",
    ],
    [
      "audio without data",
      { type: "input_audio", input_audio: { format: "mp3" } },
      "input_audio.data",
      "missing_required_parameter",
    ],
    [
      "audio that is empty",
      { type: "input_audio", input_audio: { data: "", format: "mp3" } },
      "input_audio.data",
      "invalid_value",
    ],
    ["a file at OpenAI", { type: "file", file: { file_id: "file-abc" } }, "file.file_id", "invalid_value"],
    [
      "a file at OpenAI, named like one at Gemini",
      { type: "file", file: { file_id: "x files/abc" } },
      "file.file_id",
      "invalid_value",
    ],
    ["a file that is empty", { type: "file", file: { file_data: "" } }, "file.file_data", "invalid_value"],
    ["no file", { type: "file", file: {} }, "file", "missing_required_parameter"],
    [
      "another thing than audio in the place for audio",
      { type: "input_audio", input_audio: { data: "data:image/png;base64,AAAA", format: "wav" } },
      "input_audio.data",
      "invalid_value",
    ],
    [
      "audio by an address that nobody can read",
      { type: "input_audio", input_audio: { data: "file:///a.mp3", format: "mp3" } },
      "input_audio.data",
      "invalid_value",
    ],
    [
      "a format that is none",
      { type: "file", file: { file_id: "files/a", format: "movie" } },
      "file.format",
      "invalid_value",
    ],
    [
      "metadata that is none",
      { type: "video_url", video_url: { url: "https://x.y/v", video_metadata: "5fps" } },
      "video_url.video_metadata",
      "invalid_type",
    ],
    [
      "frames that are no number",
      { type: "video_url", video_url: { url: "https://x.y/v", video_metadata: { fps: "5" } } },
      "video_url.video_metadata.fps",
      "invalid_type",
    ],
    [
      "a place in a video that is none",
      { type: "video_url", video_url: { url: "https://x.y/v", video_metadata: { start_offset: "1:30" } } },
      "video_url.video_metadata.start_offset",
      "invalid_value",
    ],
    [
      "metadata that Gemini does not have",
      { type: "video_url", video_url: { url: "https://x.y/v", video_metadata: { frameRate: 5 } } },
      "video_url.video_metadata.frame_rate",
      "unknown_parameter",
    ],
  ])("%s is a 400 that names the place and says what would be right", (_, part, field, code) => {
    expect(problem(part)).toMatchObject({ status: 400, param: `${at}.${field}`, code });
  });

  test("a web address goes to Google as it is; models that read none get a 400", () => {
    expect(partOf(image("https://169.254.169.254/a.png"))).toMatchObject({
      fileData: { fileUri: "https://169.254.169.254/a.png" },
    });
    expect(problem(image("https://x.y/a.png"), "gemini-2.0-flash")).toMatchObject({
      status: 400,
      param: `${at}.image_url.url`,
    });
  });

  test.each([
    ["a detail", { type: "image_url", image_url: { url: "gs://b/i", detail: "high" } }, ["detail"]],
    ["auto, which asks for nothing", { type: "image_url", image_url: { url: "gs://b/i", detail: "auto" } }, []],
    ["a way to process", { type: "video_url", video_url: { url: "gs://b/v", processing: "static" } }, ["processing"]],
    [
      "more of audio",
      { type: "input_audio", input_audio: { data: "AAAA", format: "mp3", language: "de" } },
      ["language"],
    ],
    ["more of a file", { type: "file", file: { file_data: "AAAA", detail: "low" } }, ["detail"]],
    ["marks on a part", { type: "text", text: "a", cache_control: { type: "ephemeral" } }, ["cache_control"]],
    ["null", { type: "text", text: "a", cache_control: null }, []],
  ])("what of a part cannot be sent is named: %s", (_, part, ignored) => {
    const messages = [{ role: "user", content: [{ type: "text", text: "Hi" }, part] }];
    expect(ignoredBy({ messages })).toEqual(ignored);
    if (part.type === "text") {
      expect(ignoredBy({ messages: [{ role: "system", content: [part] }, ...messages] })).toEqual(ignored);
    }
  });

  test("images of an earlier answer go back to the model with their signatures", () => {
    const images = [
      { ...image("data:image/png;base64,AAAA"), extra_content: { google: { thought_signature: "c2ln" } } },
    ];
    const messages = [
      { role: "user", content: "draw" },
      { role: "assistant", content: "here", images },
      { role: "user", content: "bluer" },
    ];
    expect(ask({ messages }, "gemini-3.1-flash-image").contents[1]?.parts).toEqual([
      { text: "here", thoughtSignature: "skip_thought_signature_validator" },
      { inlineData: { mimeType: "image/png", data: "AAAA" }, thoughtSignature: "c2ln" },
    ]);
  });
});
