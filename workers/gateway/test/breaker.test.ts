import { expect, test } from "vitest";
import { Breaker } from "../src/routing/breaker.ts";

const KEY = "openai/gpt-4";

function failing(times: number): Breaker {
  const breaker = new Breaker();
  for (let at = 0; at < times; at++) breaker.failed(KEY, at * 100);
  return breaker;
}

test("a circuit stays closed for a few failures", () => {
  expect(failing(19).state(KEY, 2_000)).toBe("closed");
});

test("a circuit opens on a share of failures, and lets one probe through after a rest", () => {
  const breaker = failing(20);
  expect(breaker.state(KEY, 2_000)).toBe("open");
  expect(breaker.state(KEY, 11_901)).toBe("half-open");
  breaker.began(KEY, 11_901);
  expect(breaker.state(KEY, 11_902)).toBe("open");
});

test("a probe that succeeds closes the circuit", () => {
  const breaker = failing(20);
  breaker.began(KEY, 12_000);
  breaker.succeeded(KEY, 12_100);
  expect(breaker.state(KEY, 12_100)).toBe("closed");
});

test("a probe that fails opens it again; one that never ends does not hold it open for good", () => {
  const breaker = failing(20);
  breaker.began(KEY, 12_000);
  breaker.failed(KEY, 12_100);
  expect(breaker.state(KEY, 22_000)).toBe("open");
  expect(breaker.state(KEY, 22_200)).toBe("half-open");
  breaker.began(KEY, 22_200);
  expect(breaker.state(KEY, 32_200)).toBe("half-open");
});

test("a probe that says nothing leaves the next one to find out", () => {
  const breaker = failing(20);
  breaker.began(KEY, 12_000);
  breaker.unknown(KEY);
  expect(breaker.state(KEY, 12_001)).toBe("half-open");
});

test("successes among the failures keep it closed", () => {
  const breaker = new Breaker();
  for (let at = 0; at < 40; at++) {
    if (at % 3 === 0) breaker.failed(KEY, at * 100);
    else breaker.succeeded(KEY, at * 100);
    expect(breaker.state(KEY, at * 100)).toBe("closed");
  }
});

test("half of the answers are enough", () => {
  const breaker = failing(1);
  for (let at = 0; at < 10; at++) breaker.succeeded(KEY, 1_000);
  for (let at = 0; at < 8; at++) breaker.failed(KEY, 1_000);
  expect(breaker.state(KEY, 1_000)).toBe("closed");
  breaker.failed(KEY, 1_000);
  expect(breaker.state(KEY, 1_000)).toBe("open");
});

test("nothing is kept of a target whose last failure is long past", () => {
  const breaker = failing(3);
  breaker.succeeded(KEY, 1_000);
  expect(breaker.size).toBe(1);
  breaker.succeeded(KEY, 60_000);
  expect(breaker.size).toBe(0);
});

test("failures that are long past do not count", () => {
  const breaker = failing(19);
  breaker.failed(KEY, 60_000);
  expect(breaker.state(KEY, 60_000)).toBe("closed");
});

test("names that clients make up do not fill the memory, and what failed last is not forgotten for them", () => {
  const breaker = failing(20);
  for (let at = 0; at < 5_000; at++) {
    breaker.failed(`openai/made-up-${at}`, 2_000);
    if (at % 500 === 0) breaker.failed(KEY, 2_000);
  }
  expect(breaker.size).toBeLessThanOrEqual(1_000);
  expect(breaker.state(KEY, 2_000)).toBe("open");
});

test("the provider's Retry-After lengthens the rest, within a minute", () => {
  const breaker = failing(19);
  breaker.failed(KEY, 2_000, 30_000);
  expect(breaker.state(KEY, 31_000)).toBe("open");
  const long = failing(19);
  long.failed(KEY, 2_000, 3_600_000);
  expect(long.state(KEY, 62_001)).toBe("half-open");
});
