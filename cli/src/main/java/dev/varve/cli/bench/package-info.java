/**
 * {@code varve bench}: measures a server over HTTP.
 *
 * <p>The {@link dev.varve.cli.bench.LoadGenerator} drives all connections from one thread over a selector, each with one
 * request at a time, because whatever the generator costs is taken from a server on the same machine: its requests are
 * written straight into buffers by {@link dev.varve.cli.bench.RequestWriter}, and its answers are walked over by
 * {@link dev.varve.cli.bench.AnswerParser}, which keeps nothing of them. What was measured is in
 * {@link dev.varve.cli.bench.Measurement}.
 *
 * <p><b>Two kinds of load.</b> Without a rate the loop is closed: each connection sends its next request when it has the
 * answer to the last one, and a latency is the time from sending to the end of the answer. With a rate it is open: request
 * number n is due at n divided by the rate, whatever the server does, and a latency is counted from that moment, so that a
 * server which stalls is charged with all requests that it kept waiting (Gil Tene, "coordinated omission").
 */
@NullMarked
package dev.varve.cli.bench;

import org.jspecify.annotations.NullMarked;
