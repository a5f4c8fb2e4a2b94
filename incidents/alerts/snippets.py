"""Verifying a webhook in a few lines of Python, Node and Go, for those who set up an endpoint."""

from __future__ import annotations

from typing import Final, NamedTuple


class Snippet(NamedTuple):
    language: str
    code: str


PYTHON: Final = '''\
import base64
import hashlib
import hmac
import os
import time


def is_from_the_hub(headers, body):
    """`body` is bytes, as they came; then parse it, keep it, and answer 204."""
    sent = headers["webhook-timestamp"]
    if abs(time.time() - int(sent)) > 300:
        return False
    key = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
    signed = b"%b.%b.%b" % (headers["webhook-id"].encode(), sent.encode(), body)
    expected = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    given = headers["webhook-signature"].split(" ")
    return any(hmac.compare_digest(expected, one.encode()) for one in given)
'''

NODE: Final = """\
import { createHmac, timingSafeEqual } from "node:crypto";

/** `body` is a Buffer, as it came; then parse it, keep it, and answer 204. */
export function isFromTheHub(headers, body) {
  const sent = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(sent)) <= 300)) return false;
  const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
  const signed = createHmac("sha256", key).update(`${headers["webhook-id"]}.${sent}.`).update(body);
  const expected = Buffer.from(`v1,${signed.digest("base64")}`);
  return headers["webhook-signature"].split(" ").some((one) => {
    const given = Buffer.from(one);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
"""

GO: Final = """\
package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// IsFromTheHub takes the body as it came; then parse it, keep it, and answer 204.
func IsFromTheHub(headers http.Header, body []byte) bool {
	sent, err := strconv.ParseInt(headers.Get("webhook-timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(sent, 0)).Abs() > 5*time.Minute {
		return false
	}
	secret := strings.TrimPrefix(os.Getenv("WEBHOOK_SECRET"), "whsec_")
	key, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		return false
	}
	digest := hmac.New(sha256.New, key)
	fmt.Fprintf(digest, "%s.%d.%s", headers.Get("webhook-id"), sent, body)
	expected := "v1," + base64.StdEncoding.EncodeToString(digest.Sum(nil))
	for _, given := range strings.Fields(headers.Get("webhook-signature")) {
		if hmac.Equal([]byte(given), []byte(expected)) {
			return true
		}
	}
	return false
}
"""

SNIPPETS: Final = (Snippet("Python", PYTHON), Snippet("Node", NODE), Snippet("Go", GO))
