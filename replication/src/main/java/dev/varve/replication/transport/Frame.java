package dev.varve.replication.transport;

import java.nio.charset.StandardCharsets;

/**
 * A frame as it came.
 *
 * @param kind what it is
 * @param call the number of the call that it belongs to; chosen by the caller, 0 for {@link FrameKind#HELLO}
 * @param message which message its body is: see {@link MessageNumbers}; 0 where it is none
 * @param body the rest of it
 */
record Frame(FrameKind kind, long call, int message, byte[] body) {

    /** What a {@link FrameKind#FAILURE} says. */
    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
