package dev.varve.replication.transport;

/**
 * A frame as it came.
 *
 * @param kind what it is
 * @param call the number of the call that it belongs to; chosen by the caller, 0 for {@link FrameKind#HELLO}
 * @param message which message its body is: see {@link MessageNumbers}; 0 where it is none
 * @param body the rest of it
 */
record Frame(FrameKind kind, long call, int message, byte[] body) {}
