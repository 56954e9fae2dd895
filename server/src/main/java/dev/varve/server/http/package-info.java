/**
 * The HTTP port.
 *
 * <p>{@link dev.varve.server.http.HttpListener} accepts connections. On each, a {@code RequestDecoder}, which is Netty's,
 * decodes requests piece by piece, as the {@code RequestReader} wants them: a {@code RequestHead} checks what was decoded, a
 * {@code Request} is what was understood of it, a {@code RequestBody} collects its body. Then the {@code HttpConnection} takes
 * the request one of three ways. A <em>write</em> becomes an {@code Exchange}, which the
 * sequencer calls back when the write is on the disk; a <em>read</em> is answered at once if it is in memory, or by the
 * {@code ReadPool}; a <em>range</em> becomes an {@code AnswerStream}, which makes the next piece when the client has taken
 * the last. {@code AnswerWriter} puts answers into bytes.
 *
 * <p>What is bounded, and what then happens:
 * <ul>
 *   <li>memory of requests and large answers ({@code MemoryBudget}): the rest stays unread in its socket, and is answered
 *       503 if it is still there at its deadline;
 *   <li>writes of one connection without an answer: its next request stays unread;
 *   <li>reads that wait for a thread: 503;
 *   <li>connections: 503;
 *   <li>time, everywhere ({@code ConnectionTimeouts}).
 * </ul>
 *
 * <p>Threads: a connection belongs to one event loop, which never blocks. Other threads reach it only through
 * {@code EventLoopContext.completed} and the executor of the loop.
 */
@NullMarked
package dev.varve.server.http;

import org.jspecify.annotations.NullMarked;
