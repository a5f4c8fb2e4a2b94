#!/usr/bin/env node
/**
 * Receives the hub's webhooks: verifies each, keeps it once as a file, prints one line.
 *
 * WEBHOOK_SECRET is the endpoint's secret, `whsec_…`. INBOX is the folder for the files, HOST and
 * PORT are where it listens: `inbox`, 127.0.0.1 and 9000 when absent. What is refused stands on
 * standard error. SIGTERM and Ctrl-C let what is under way end. Needs Node 18 or newer, no package.
 */

import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { mkdirSync } from "node:fs";
import { link, open, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

const BODY_LIMIT_BYTES = 64 * 1024; // the hub's bodies stay far below: incidents up to 20,000 bytes
const READ_MILLISECONDS = 10_000;
const STOP_MILLISECONDS = 10_000;
const TOLERANCE_SECONDS = 300; // of the Standard Webhooks libraries
const FILE_NAME = /^[A-Za-z0-9_-]{1,100}$/;

class Refusal extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

/** The key in a secret; nothing if it is none. */
function keyOf(secret = "") {
  const text = secret.replace(/^whsec_/, "");
  const key = Buffer.from(text, "base64");
  return key.length >= 24 && key.toString("base64") === text ? key : undefined;
}

/** Throws a Refusal unless a signature is the hub's, made within five minutes. */
function verify(key, headers, body) {
  const { "webhook-id": id, "webhook-timestamp": sent, "webhook-signature": signatures } = headers;
  if (!id || !sent || !signatures) throw new Refusal(400, "a webhook header is missing");
  if (!FILE_NAME.test(id)) throw new Refusal(400, "webhook-id is not the name of a file");
  if (!/^\d{1,12}$/.test(sent)) throw new Refusal(400, "webhook-timestamp is not a number");
  if (Math.abs(Date.now() / 1000 - Number(sent)) > TOLERANCE_SECONDS) {
    throw new Refusal(400, "webhook-timestamp is more than five minutes away");
  }
  const digest = createHmac("sha256", key).update(`${id}.${sent}.`).update(body).digest("base64");
  const expected = Buffer.from(`v1,${digest}`);
  // Several while a secret is rotated: one that fits is enough.
  const fits = signatures.split(" ").some((signature) => {
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!fits) throw new Refusal(400, "no signature fits");
}

/** The raw bytes of the body: these are what was signed. */
function read(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    request.on("data", (chunk) => {
      size += chunk.length;
      if (size <= BODY_LIMIT_BYTES) chunks.push(chunk);
      else reject(new Refusal(413, "the body is too large"));
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", () => reject(new Refusal(400, "the request broke off")));
  });
}

/** What the body says, which the hub has signed. */
function parse(body) {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(400, "the body is not JSON");
  }
}

/**
 * Store it so that it outlives a crash; false if it is there already. Any number of requests and
 * processes may do this at once: linking a name succeeds once. The files are both the record of
 * what has come and the queue of what is to be done.
 */
async function keep(inbox, id, body) {
  const draft = join(inbox, `.${randomUUID()}`);
  try {
    await write(draft, "wx", (file) => file.writeFile(body));
    await link(draft, join(inbox, `${id}.json`));
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  await write(inbox, "r");
  return true;
}

/** Open a file or folder, write to it if there is something, and wait until the disk has it. */
async function write(path, flags, act = () => {}) {
  const file = await open(path, flags, 0o600);
  try {
    await act(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Topic, sequence, the incident's ref if it is about one, id. */
function lineAbout(id, { type, data }) {
  return `${type ?? "-"} ${data?.sequence ?? "-"} ${data?.incident?.ref ?? "-"} ${id}`;
}

/** Keeps the event, which may have been kept before; work on it comes later. */
async function receive(key, inbox, request) {
  if (request.method !== "POST") throw new Refusal(405, "only POST is answered");
  const body = await read(request);
  verify(key, request.headers, body);
  const event = parse(body);
  const id = request.headers["webhook-id"];
  if (await keep(inbox, id, body)) console.log(lineAbout(id, event));
}

/** Says why, on standard error and to the hub, which keeps the text with the attempt. */
function refuse(response, error) {
  if (!(error instanceof Refusal)) {
    console.error(error.message);
    error = new Refusal(503, "the event could not be kept"); // the hub tries again
  }
  console.error(`refused ${error.status}: ${error.message}`);
  response.writeHead(error.status, { "content-type": "text/plain", connection: "close" });
  response.end(`${error.message}\n`);
}

function main() {
  const { WEBHOOK_SECRET, INBOX = "inbox", HOST = "127.0.0.1", PORT = "9000" } = process.env;
  const key = keyOf(WEBHOOK_SECRET);
  if (!key) {
    console.error("WEBHOOK_SECRET must be the endpoint's secret: whsec_ and base64.");
    process.exit(1);
  }
  mkdirSync(INBOX, { recursive: true, mode: 0o700 });
  const times = { headersTimeout: READ_MILLISECONDS, requestTimeout: READ_MILLISECONDS };
  const server = createServer({ ...times, connectionsCheckingInterval: 1000 }, (request, response) => {
    receive(key, INBOX, request).then(
      () => response.writeHead(204).end(),
      (error) => refuse(response, error),
    );
  });
  const stop = () => {
    server.close();
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), STOP_MILLISECONDS).unref();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  server.listen(Number(PORT), HOST, () => console.log(`Listening on http://${HOST}:${PORT}`));
}

main();
