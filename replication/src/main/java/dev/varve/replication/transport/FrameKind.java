package dev.varve.replication.transport;

import org.jspecify.annotations.Nullable;

/** The kinds of frames. Codes never change. */
enum FrameKind {
    /** Says who speaks: the first frame of the caller, and how the callee answers when it knows who that is. */
    HELLO(1),
    /** Asks for something. */
    REQUEST(2),
    /** Answers a request. */
    RESPONSE(3),
    /** Says in words why a request, or the connection, is refused. */
    FAILURE(4),
    /** A random number of the callee, with which the caller is to prove that it knows the cluster's secret. */
    CHALLENGE(5),
    /** The caller's proof. */
    PROOF(6);

    private final int code;

    FrameKind(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static @Nullable FrameKind of(int code) {
        return switch (code) {
            case 1 -> HELLO;
            case 2 -> REQUEST;
            case 3 -> RESPONSE;
            case 4 -> FAILURE;
            case 5 -> CHALLENGE;
            case 6 -> PROOF;
            default -> null;
        };
    }
}
