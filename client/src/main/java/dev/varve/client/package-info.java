/**
 * The Java client of a Varve server, over HTTP/1.1.
 *
 * <p>{@link dev.varve.client.VarveClient} puts, gets and deletes single keys, writes batches and opens ranges;
 * {@link dev.varve.client.RangeReader} reads the answer to a range as it arrives. Keys and values are bytes.
 *
 * <pre>{@code
 * try (VarveClient client = VarveClient.connect("http://127.0.0.1:8080")) {
 *     client.put(key, value);
 *     try (RangeReader entries = client.range(RangeQuery.between(first, last))) {
 *         for (KeyValue entry = entries.next(); entry != null; entry = entries.next()) {
 *             ...
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p><b>Honest outcomes.</b> Every failure is a {@link dev.varve.client.VarveException}, and its type says what is known
 * of a write: {@link dev.varve.client.UnreachableException} and {@link dev.varve.client.OverloadedException} mean that it
 * was certainly not applied, {@link dev.varve.client.RefusedException} that the server said no, and
 * {@link dev.varve.client.OutcomeUnknownException} that it may or may not have been applied. The client repeats by itself
 * only what was certainly not applied: on the next address when one cannot be reached, and after the pause that a busy
 * server asks for.
 *
 * <p><b>Threads.</b> A client may be used by any number of threads; its calls block, so give each call in flight a
 * virtual thread. A range reader belongs to one thread at a time.
 */
@NullMarked
package dev.varve.client;

import org.jspecify.annotations.NullMarked;
