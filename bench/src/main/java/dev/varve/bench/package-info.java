/**
 * Benchmarks of the parts and of the whole; results stand in docs/performance.md.
 */
@NullMarked
package dev.varve.bench;

import org.jspecify.annotations.NullMarked;
