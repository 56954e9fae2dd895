/**
 * The embedded store in use. Each class is a program of its own, which takes the directory of its store as argument; the build
 * compiles them, and their tests run them.
 */
@NullMarked
package dev.varve.examples;

import org.jspecify.annotations.NullMarked;
