/**
 * The embedded store in use: each class here is a program of its own that the build compiles.
 */
@NullMarked
package dev.varve.examples;

import org.jspecify.annotations.NullMarked;
