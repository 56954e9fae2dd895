/**
 * One process that serves a store: listeners, limits, metrics and orderly start and stop.
 */
@NullMarked
package dev.varve.server;

import org.jspecify.annotations.NullMarked;
