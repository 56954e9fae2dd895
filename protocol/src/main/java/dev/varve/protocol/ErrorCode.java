package dev.varve.protocol;

/**
 * Every way in which a request can fail. The {@linkplain #code code} is what programs compare: it never changes; the
 * {@linkplain #title title} is for people. A status of 503 is only given where the request has certainly not been applied.
 */
public enum ErrorCode {
    /** The bytes received are not an HTTP/1.1 request, or one that could be read in two ways. */
    MALFORMED_REQUEST(400, "malformed-request", "The request is malformed"),
    /** A query parameter that the route needs is not there. */
    MISSING_PARAMETER(400, "missing-parameter", "A query parameter is missing"),
    /** A query parameter has no value. */
    EMPTY_PARAMETER(400, "empty-parameter", "A query parameter is empty"),
    /** A query parameter is given more than once. */
    REPEATED_PARAMETER(400, "repeated-parameter", "A query parameter is repeated"),
    /** A query parameter cannot be understood. */
    MALFORMED_PARAMETER(400, "malformed-parameter", "A query parameter is malformed"),
    /** The body is not what the route takes. */
    MALFORMED_BODY(400, "malformed-body", "The body is malformed"),
    /** The store refused a key, value or batch. */
    INVALID_ARGUMENT(400, "invalid-argument", "The request was refused"),
    /** A read of a key that is not there. */
    KEY_NOT_FOUND(404, "key-not-found", "There is no such key"),
    /** A delete of a key that is not there: 500 by the contract of {@code /delete}. */
    DELETE_OF_MISSING_KEY(500, "key-not-found", "There is no such key"),
    /** No such path. */
    NO_SUCH_ROUTE(404, "no-such-route", "There is no such route"),
    /** The path does not take this method. */
    METHOD_NOT_ALLOWED(405, "method-not-allowed", "The method is not allowed here"),
    /** The client was too slow to send its request. */
    REQUEST_TIMEOUT(408, "request-timeout", "The request took too long to arrive"),
    /** A range takes longer than the store keeps what has been overwritten. */
    SNAPSHOT_EXPIRED(410, "snapshot-expired", "What is read is not kept any more"),
    /** The key is there, and the request wants that it is not. */
    PRECONDITION_FAILED(412, "precondition-failed", "The condition of the request does not hold"),
    /** The key is longer than the limit. */
    KEY_TOO_LARGE(413, "key-too-large", "The key is too large"),
    /** The value is longer than the limit. */
    VALUE_TOO_LARGE(413, "value-too-large", "The value is too large"),
    /** The batch is larger than the limit. */
    BATCH_TOO_LARGE(413, "batch-too-large", "The batch is too large"),
    /** The store found key, value or batch too large. */
    TOO_LARGE(413, "too-large", "The request is too large"),
    /** The request line is longer than the limit. */
    URI_TOO_LONG(414, "uri-too-long", "The request line is too long"),
    /** An expectation other than 100-continue. */
    EXPECTATION_FAILED(417, "expectation-failed", "The expectation cannot be met"),
    /** Another request was made under the same {@code Idempotency-Key}. */
    IDEMPOTENCY_KEY_REUSED(422, "idempotency-key-reused", "The Idempotency-Key belongs to another request"),
    /** As many requests with an {@code Idempotency-Key} are remembered as the limit. */
    TOO_MANY_IDEMPOTENCY_KEYS(429, "too-many-idempotency-keys", "Too many requests are remembered"),
    /** The header section is larger than the limit. */
    HEADERS_TOO_LARGE(431, "headers-too-large", "The header section is too large"),
    /** A defect of the server. */
    INTERNAL(500, "internal", "The server failed"),
    /** The body ended before its end. */
    BODY_UNREADABLE(500, "body-unreadable", "The body could not be read"),
    /** Stored data is damaged. */
    CORRUPTION(500, "corruption", "Stored data is damaged"),
    /** The disk could not be read. */
    READ_FAILED(500, "read-failed", "The store could not be read"),
    /** A transfer coding other than chunked. */
    NOT_IMPLEMENTED(501, "not-implemented", "The server does not know this"),
    /** More work than the server can hold. */
    OVERLOADED(503, "overloaded", "The server is overloaded"),
    /** The deadline passed before the request was handed to the store. */
    DEADLINE_EXCEEDED(503, "deadline-exceeded", "The deadline passed before the request was begun"),
    /** As many connections as the limit. */
    TOO_MANY_CONNECTIONS(503, "too-many-connections", "There are too many connections"),
    /** The server is stopping. */
    SHUTTING_DOWN(503, "shutting-down", "The server is stopping"),
    /** The log failed earlier: no write is taken. */
    LOG_FAILED(503, "log-failed", "The log has failed"),
    /** {@code /readyz}: the store takes no writes. */
    NOT_READY(503, "not-ready", "The server is not ready"),
    /** The cluster has no leader now, or this node belongs to none yet. */
    NO_LEADER(503, "no-leader", "The cluster has no leader"),
    /** The store cannot make room for writes. */
    STORE_BLOCKED(503, "store-blocked", "The store takes no writes for now"),
    /** The write may or may not have been made. */
    OUTCOME_UNKNOWN(504, "outcome-unknown", "The outcome of the write is unknown"),
    /** Another version of HTTP. */
    VERSION_NOT_SUPPORTED(505, "http-version-not-supported", "This version of HTTP is not supported"),
    /** No space is left on the disk. */
    DISK_FULL(507, "disk-full", "The disk is full");

    private final int status;
    private final String code;
    private final String title;

    ErrorCode(int status, String code, String title) {
        this.status = status;
        this.code = code;
        this.title = title;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** The stable name, such as {@code key-not-found}. */
    public String code() {
        return code;
    }

    /** A short sentence without a stop. */
    public String title() {
        return title;
    }

    /** True if the answer says when to come again. */
    public boolean retryLater() {
        return status == 503 || this == DISK_FULL || this == TOO_MANY_IDEMPOTENCY_KEYS;
    }
}
