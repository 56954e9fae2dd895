/**
 * The door of the embedded store: everything that a user of the library touches.
 *
 * <p>{@link dev.varve.storage.Store} is opened on a directory and closed when done. Keys and values are bytes; keys are
 * ordered as unsigned bytes. A {@link dev.varve.storage.WriteBatch} is applied as one atomic <em>client write</em> and takes
 * one <em>revision</em>, a dense 64-bit counter of committed client writes. Reads are consistent by revision: a
 * {@link dev.varve.storage.Snapshot} or {@link dev.varve.storage.Cursor} sees exactly the writes up to its revision,
 * however many writes are made meanwhile.
 *
 * <pre>{@code
 * try (Store store = Store.open(Path.of("data"), StoreOptions.defaults())) {
 *     store.put(key, value);                       // durable when it returns
 *     byte[] stored = store.get(key);              // null when there is no such key
 *     store.deleteRange(KeyRange.prefix(old));     // one record, whatever the number of keys
 *     try (Cursor cursor = store.range(KeyRange.prefix(prefix))) {
 *         while (cursor.next()) use(cursor.key(), cursor.value());
 *     }
 * }
 * }</pre>
 *
 * <p>Threads: every type here but {@code WriteBatch} and {@code Cursor} may be used from any number of threads at once,
 * platform or virtual. Byte arrays passed in are not copied before the call returns (blocking methods) or before the
 * future completes (asynchronous ones), so the caller must not change them meanwhile; arrays handed out belong to the caller.
 *
 * <p>Errors: a missing key is a value ({@code null}), never an exception. Everything else is a
 * {@link dev.varve.storage.StoreException}, whose {@link dev.varve.storage.StoreException.Kind kind} says whose fault it is
 * and whether the write may have happened.
 */
@NullMarked
package dev.varve.storage;

import org.jspecify.annotations.NullMarked;
