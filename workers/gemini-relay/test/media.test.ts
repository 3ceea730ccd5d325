import { describe, expect, test } from "vitest";
import { ask, refused } from "./helpers.ts";

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
  ])("%s reaches Gemini", (_, part, expected) => {
    expect(partOf(part)).toEqual(expected);
  });

  const at = "messages[0].content[0]";
  test.each([
    ["an unknown part", { type: "hologram" }, `${at}.type`],
    ["text that is none", { type: "text", text: 7 }, `${at}.text`],
    ["an image without address", image(undefined), `${at}.image_url.url`],
    ["data that is not base64", image("data:image/png,AAAA"), `${at}.image_url.url`],
    ["data without a comma", image(`data:image/png;base64${"A".repeat(999)}`), `${at}.image_url.url`],
    ["data without a type", image("data:;base64,AAAA"), `${at}.image_url.url`],
    ["an empty image", image("data:image/png;base64,"), `${at}.image_url.url`],
    ["P77 an address of a local file", image("file:///etc/passwd"), `${at}.image_url.url`],
    ["an address without https, which Google does not read", image("http://x.y/a.png"), `${at}.image_url.url`],
    ["audio without a format", { type: "input_audio", input_audio: { data: "AAAA" } }, `${at}.input_audio.format`],
    ["audio without data", { type: "input_audio", input_audio: { format: "mp3" } }, `${at}.input_audio.data`],
    ["a file at OpenAI", { type: "file", file: { file_id: "file-abc" } }, `${at}.file.file_id`],
    ["no file", { type: "file", file: {} }, `${at}.file`],
  ])("%s is a 400 that names the place and says what would be right", (_, part, param) => {
    expect(problem(part)).toMatchObject({ status: 400, param });
  });

  test("P77 a web address goes to Google as it is; models that read none get a 400", () => {
    expect(partOf(image("https://169.254.169.254/a.png"))).toMatchObject({
      fileData: { fileUri: "https://169.254.169.254/a.png" },
    });
    expect(problem(image("https://x.y/a.png"), "gemini-2.0-flash")).toMatchObject({
      status: 400,
      param: `${at}.image_url.url`,
    });
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
      { text: "here" },
      { inlineData: { mimeType: "image/png", data: "AAAA" }, thoughtSignature: "c2ln" },
    ]);
  });
});
