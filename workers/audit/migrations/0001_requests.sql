-- One row a request. The record id is the key: the queue delivers at least
-- once, and a second delivery must change nothing. The request id cannot be it:
-- a caller may choose it, and would hide a request by using one twice.
CREATE TABLE requests (
  record_id         TEXT    PRIMARY KEY,
  request_id        TEXT    NOT NULL,
  time              INTEGER NOT NULL, -- start, milliseconds since the epoch
  session_id        TEXT    NOT NULL,
  caller            TEXT    NOT NULL,
  route             TEXT    NOT NULL,
  method            TEXT    NOT NULL,
  provider          TEXT,
  model_asked       TEXT,
  model_used        TEXT,
  attempts          INTEGER NOT NULL,
  status            INTEGER NOT NULL,
  error_code        TEXT,
  stream            INTEGER NOT NULL, -- 0 or 1
  stream_end        TEXT,             -- complete, cut, aborted
  first_byte_ms     INTEGER,
  total_ms          INTEGER NOT NULL,
  prompt_tokens     INTEGER,
  completion_tokens INTEGER,
  cached_tokens     INTEGER,
  reasoning_tokens  INTEGER,
  usage_estimated   INTEGER NOT NULL, -- 0 or 1
  gateway_log_id    TEXT,
  trail             TEXT    NOT NULL  -- JSON: the attempts, in the order in which they ended
) WITHOUT ROWID;

CREATE INDEX requests_by_time ON requests (time);
CREATE INDEX requests_by_request ON requests (request_id, time);
CREATE INDEX requests_by_session ON requests (session_id, time);
