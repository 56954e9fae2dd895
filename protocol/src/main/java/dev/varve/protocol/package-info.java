/**
 * Pure codecs: values in, values out. This module opens no socket and no file.
 *
 * <p>HTTP itself is decoded elsewhere. Of a request, {@link dev.varve.protocol.QueryParameters} reads the query of its
 * target, and {@link dev.varve.protocol.BatchPutJson} the body of a batch. An answer goes out as
 * {@link dev.varve.protocol.EntriesJson}, which is written into buffers of any size, or as a
 * {@link dev.varve.protocol.Problem} with its {@link dev.varve.protocol.ErrorCode}. Everything that is wrong with a request
 * is a {@link dev.varve.protocol.ProblemException}, which carries the answer.
 *
 * <pre>{@code
 * QueryParameters query = QueryParameters.parse("key=a%20b");
 * byte[] key = query.required("key");                      // 400 if missing, empty or repeated
 * }</pre>
 *
 * <p>Threads: the types with static methods and the records may be used from anywhere; the parsers and writers hold the
 * state of one connection or one answer and belong to one thread at a time.
 */
@NullMarked
package dev.varve.protocol;

import org.jspecify.annotations.NullMarked;
