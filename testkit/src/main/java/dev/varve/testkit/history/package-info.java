/**
 * What clients saw of a store, and whether one store that does one thing after another could have shown it to them.
 *
 * <p>A client asks {@link dev.varve.testkit.history.Recorder} before it sends an {@link dev.varve.testkit.history.Operation}, and tells it
 * the {@link dev.varve.testkit.history.Outcome}. The {@link dev.varve.testkit.history.Call}s that come of it are judged by the
 * {@link dev.varve.testkit.history.LinearizabilityChecker}, and kept as JSON lines by {@link dev.varve.testkit.history.HistoryFile}.
 *
 * <pre>{@code
 * Recorder.Begun begun = recorder.begin(client, Operation.put("k", "v1"));
 * ...
 * calls.add(begun.end(Outcome.done(), revision));
 * Verdict verdict = LinearizabilityChecker.withDefaults().check(calls);
 * }</pre>
 *
 * <p>Threads: the recorder is for all; everything else belongs to one thread or does not change.
 */
@NullMarked
package dev.varve.testkit.history;

import org.jspecify.annotations.NullMarked;
